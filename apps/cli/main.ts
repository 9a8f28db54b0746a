/** `switchyard`: the command line. */
import { runProgram } from './program.js';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.stdout.on('error', () => process.exit(0)); // The reader, for example `head`, has seen enough.

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  signal: interrupted.signal,
  exitCode: 0,
});
