/** npm run bench -- <bench> [option ...] */
import path from 'node:path';
import { isUsageError } from './lib/usage-error.js';
import { benchMatching } from './matching/index.js';
import { benchPipeline } from './pipeline/index.js';

const root = path.join(import.meta.dirname, '..', '..');

const benches: Readonly<Record<string, (args: readonly string[], root: string) => Promise<unknown>>> = {
  pipeline: benchPipeline,
  matching: benchMatching,
};

const [name = '', ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  const isHelp = name === '' || name === '--help';
  const text = `npm run bench -- <bench> [option ...]\n\nBenches: ${Object.keys(benches).join(', ')}. Each tells its options with --help.\n`;
  (isHelp ? process.stdout : process.stderr).write(isHelp ? text : `There is no bench "${name}".\n${text}`);
  if (!isHelp) process.exitCode = 1;
} else {
  try {
    await bench(args, root);
  } catch (error) {
    const asText = error instanceof Error ? error.stack : String(error);
    process.stderr.write(isUsageError(error) ? `${error.message}\nSee npm run bench -- ${name} --help.\n` : `${asText}\n`);
    process.exitCode = 1;
  }
}
