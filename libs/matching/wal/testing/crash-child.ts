/** Program that executes commands with every feature on a durable engine until somebody kills it: `crash-child.js <folder> <seed> <sync> <batch>`. */
import { writeSync } from 'node:fs';
import { FastEngine, stateHashOf } from '@switchyard/matching-core/engine';
import { DurableEngine } from '../durable-engine.js';
import { CommandStream } from './command-stream.js';
import { hashReports } from './seeded-commands.js';

const [folder = '', seed = '', sync = '', batch = ''] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);

say('recovers');
const beganMs = performance.now();
const durable = DurableEngine.open({
  folder,
  makeEngine: () => new FastEngine(),
  settings: { sync: sync === 'frame' ? 'frame' : 'none', fileBytesMax: 256 * 1024 },
  warn: (text) => say(`warning ${text}`),
});
say(`recovered ${performance.now() - beganMs}`);
const { engine } = durable;
const commands = new CommandStream(Number(seed));
// Drawn before it says that it is open: the kill is to meet its log.
commands.words(engine.commandSeq + 1, engine.commandSeq);
say(`opened ${engine.commandSeq} ${stateHashOf(durable.engine)}`);
for (let round = 1; ; round++) {
  const first = engine.commandSeq + 1;
  const words = commands.words(first, first + Number(batch) - 1);
  durable.execute(words, 0, words.length);
  // What is said here was acknowledged: it must never be different, and never be lost.
  say(`told ${engine.commandSeq} ${engine.reportSeq} ${engine.tradeNo} ${hashReports(0, engine.reports, engine.reportsLength)}`);
  engine.clearReports();
  if (round % 40 === 0) durable.saveSnapshot();
}
