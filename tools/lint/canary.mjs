/**
 * Lints known violations and prints, as JSON, which rules spoke: `[{ file, code, rules: [ruleId], messages }]`. The texts
 * come on standard input as `[{ file, code }]`; each file must exist, its content is only imagined.
 * `--no-graph` leaves Nx's project graph as it finds it, to show what happens without one.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import { ROOT } from '../workspace.mjs';
import { refreshProjectGraph } from './project-graph.mjs';

process.chdir(ROOT);
const texts = JSON.parse(await text(process.stdin));
if (!process.argv.includes('--no-graph')) await refreshProjectGraph();
const eslint = new ESLint();
const results = [];
for (const { file, code } of texts) {
  const [result] = await eslint.lintText(code, { filePath: file });
  const messages = result?.messages ?? [];
  results.push({
    file,
    code,
    rules: messages.map((message) => message.ruleId ?? 'fatal'),
    messages: messages.map((message) => message.message),
  });
}
// On a line of its own: Nx writes its warnings to standard output too.
process.stdout.write(`\n${JSON.stringify(results)}`);
