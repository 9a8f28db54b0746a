/** `npm run matching:crash`: kills a process with a durable engine at random points, as often as asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { crashRun } from './crash-run.js';

const usage = `npm run matching:crash -- [options]

Kills (SIGKILL) a process with a durable matching engine at random points, some while it recovers, starts it again on the same log, and compares
what it told and what it is with an engine that never died.

  --kills N    how often (default 100)
  --seed N     the commands and the points, drawn from it (default: of now)
`;

const { values } = argumentsOf();

function argumentsOf() {
  try {
    return parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
}

if (values.help === true) process.stdout.write(usage);
else {
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  const kills = wholeNumber('kills', values.kills ?? '100');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-crash-'));
  const program = path.join(import.meta.dirname, 'crash-child.js');
  const result = await crashRun({
    folder,
    seed,
    kills,
    recoveryKillsMin: Math.floor(kills / 10),
    program,
    onProgress: (line) => void process.stderr.write(`${line}\n`),
  });
  rmSync(folder, { recursive: true });
  process.stdout.write(
    `seed ${seed}: ${JSON.stringify(result)}\nNothing that was told was lost, no trade was told twice, every start ended in the same state.\n`,
  );
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  process.stderr.write(`--${name} ${text} is not a whole number\n\n${usage}`);
  process.exit(1);
}
