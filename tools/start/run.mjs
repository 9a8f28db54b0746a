/**
 * Runs one of our programs on Node 24, after bringing the clone up to date:
 * `node tools/start/run.mjs apps/cli/dist/main.js orders --json`.
 */
import path from 'node:path';
import { existsSync } from 'node:fs';
import { ROOT } from '../workspace.mjs';
import { helpIfAsked } from '../help.mjs';
import { becomeNode24 } from './node24.mjs';
import { CannotStart, failWith, prepare, runtimeEnvironment } from './prepare.mjs';

/** Prepares the clone, then becomes the program at `program` (a path from the top of the repository). Steps go to standard error. */
export async function runProgram(program, args, say = (line) => process.stderr.write(`${line}\n`), nodeFlags = []) {
  await prepare({ say });
  const file = path.join(ROOT, program);
  if (!existsSync(file))
    throw new CannotStart(`There is no ${program}. Is its source, ${program.replace('/dist/', '/').replace(/\.js$/, '.ts')}, there?`);
  becomeNode24([...nodeFlags, file, ...args], { env: runtimeEnvironment() });
}

if (process.argv[1] === path.join(ROOT, 'tools/start/run.mjs')) {
  const [program, ...args] = process.argv.slice(2);
  if (program === '--help' || program === '-h')
    helpIfAsked(
      'node tools/start/run.mjs <program> [argument ...]\n\nRuns one of our programs on Node 24, after bringing the clone up to date.\n',
    );
  await (
    program ? runProgram(program, args) : Promise.reject(new CannotStart('usage: node tools/start/run.mjs <program> [argument ...]'))
  ).catch(failWith);
}
