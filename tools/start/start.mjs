/** `npm start`: Switchyard in one process, from a fresh clone or again. Plain JavaScript that runs on Node 20. */
import { failWith } from './prepare.mjs';
import { runProgram } from './run.mjs';

const USAGE = `npm start [-- arguments of the standalone program]

Runs every role of Switchyard in one process, with its own PostgreSQL; needs only Node.js 20 or later and npm.
The first time it installs packages and builds. Data lives in .switchyard/ and survives a restart;
"npm run reset" empties it. Ctrl-C stops everything.

  --help            this text
  --print-config    the configuration in force, secrets hidden

docs/configuration.md lists every setting.
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(USAGE);
} else {
  // On a large machine V8 lets its young generation grow to 128 MB, most of it empty: a quarter is as fast, and all roles stay well below 300 MB.
  const nodeFlags = ['--max-semi-space-size=16'];
  await runProgram('apps/standalone/dist/main.js', args, (line) => process.stdout.write(`switchyard  ${line}\n`), nodeFlags).catch(
    failWith,
  );
}
