/** `npm test`: everything, from a fresh clone. Plain JavaScript with Node built-ins only, so that it runs on Node 20 before npm ci. */
import { parseArgs } from 'node:util';
import { failWith, prepare, CannotStart } from '../start/prepare.mjs';
import { missingRequirements } from './requirements.mjs';

const USAGE = `npm test [-- --stage a,b]

Installs what is missing, then runs every stage. Ends with one line "N passed, N failed, N skipped".
  --stage a,b   only these stages
  --list        the names of the stages
Logs of the stages lie in node_modules/.cache/switchyard/test/.
`;

const startedAt = performance.now();
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const say = (line) => process.stdout.write(`${line}\n`);

/** Runs one stage with its progress lines; a stage that throws is a failed stage. */
async function runStage(stage) {
  const since = performance.now();
  say(`${stage.name} ...`);
  const result = await stage.run().catch((error) => ({ passed: 0, failed: 1, skipped: 0, problems: [String(error.stack ?? error)] }));
  for (const problem of result.problems) say(problem);
  say(
    `${stage.name}: ${result.failed === 0 ? 'ok' : 'FAILED'}, ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped in ${seconds(since)}`,
  );
  return result;
}

function choose(stages, names) {
  if (!names) return stages;
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0)
    throw new CannotStart(`No such stage: ${unknown.join(', ')}. The stages are: ${stages.map(({ name }) => name).join(', ')}`);
  return stages.filter(({ name }) => names.includes(name));
}

/** The stages in their order; neighbours that may run at the same time are together. */
function grouped(stages) {
  const groups = [];
  for (const stage of stages) {
    if (stage.group !== undefined && groups.at(-1)?.[0].group === stage.group) groups.at(-1).push(stage);
    else groups.push([stage]);
  }
  return groups;
}

function readArgs() {
  try {
    return parseArgs({ options: { stage: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    throw new CannotStart(`${error.message}\n\n${USAGE}`);
  }
}

async function main() {
  const values = readArgs();
  if (values.help) return process.stdout.write(USAGE);
  const names = values.stage?.split(',');
  const missing = await missingRequirements();
  // Without them only a run of chosen stages can be whole.
  if (missing.length > 0 && !names)
    throw new CannotStart(`npm test needs more than Node.js and npm:\n${missing.map((sentence) => `  * ${sentence}`).join('\n')}`);
  await prepare({ say, build: false });
  const { STAGES } = await import('./stages.mjs');
  if (values.list) return say(STAGES.map(({ name }) => name).join('\n'));
  const chosen = choose(STAGES, names);
  if (missing.length > 0 && chosen.some((stage) => stage.needsServices)) throw new CannotStart(missing.join('\n'));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const results = new Map();
  const runUnlessBlocked = async (stage) => {
    const isBlocked = stage.needsBuild && results.get('build')?.failed > 0;
    const blocked = { passed: 0, failed: 1, skipped: 0, problems: ['Not run: it starts processes from dist, and the build failed.'] };
    const result = await runStage(isBlocked ? { ...stage, run: () => Promise.resolve(blocked) } : stage);
    results.set(stage.name, result);
    for (const key of Object.keys(total)) total[key] += result[key];
  };
  for (const group of grouped(chosen)) await Promise.all(group.map(runUnlessBlocked));
  const failed = [...results].filter(([, result]) => result.failed > 0).map(([name]) => name);
  say(`\n${chosen.length} stages in ${seconds(startedAt)}${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}`);
  say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main().catch(failWith);
