/** Lints the repository, or the given paths, on Node 24: first the project graph, then ESLint. `--fix` mends what it can. */
import { parseArgs } from 'node:util';
import { NODE_MAJOR, becomeNode24 } from '../start/node24.mjs';
import { ROOT } from '../workspace.mjs';

const USAGE = `node tools/lint/lint.mjs [--fix] [--json] [path ...]

  --fix    mend what ESLint can mend
  --json   print ESLint's results as JSON
`;

async function lint() {
  const { values, positionals } = parseArgs({
    options: { fix: { type: 'boolean', default: false }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) return process.stdout.write(USAGE);
  process.chdir(ROOT);
  const { refreshProjectGraph } = await import('./project-graph.mjs');
  await refreshProjectGraph();
  const { ESLint } = await import('eslint');
  const eslint = new ESLint({ fix: values.fix, errorOnUnmatchedPattern: false });
  const results = await eslint.lintFiles(positionals.length > 0 ? positionals : ['.']);
  if (values.fix) await ESLint.outputFixes(results);
  const formatter = await eslint.loadFormatter(values.json ? 'json' : 'stylish');
  process.stdout.write(await formatter.format(results));
  const errors = results.reduce((sum, result) => sum + result.errorCount + result.warningCount, 0);
  if (!values.json) process.stdout.write(`linted ${results.length} files, ${errors} problems\n`);
  if (errors > 0 || results.length === 0) process.exitCode = 1;
}

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) await lint();
else becomeNode24(process.argv.slice(1));
