// `npm run chaos`: kills the platform under load and judges what is left; `npm run chaos -- mutants` proves the judge.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { removePostgres } from '@switchyard/infra';
import { invariants } from './judge/judge.js';
import { proveAll } from './prove.js';
import { run, type RunResult } from './run.js';

const usage = `npm run chaos -- [mutants] [options]

Starts every role as a process of its own on a real PostgreSQL, Kafka and Redis, kills and stops them under load,
and judges what the venue, the callers and the database have. Ends with 1 if a rule was broken.

  --seed N      what is done to whom, drawn from it (default: of now)
  --orders N    at least so many orders (default 1500)
  --faults N    at least so many faults (default 80)
  --json        the result as JSON on standard output
  --keep        keep the folder of the run even if all is well
  --mutant NAME with "mutants": only this one
  --control     with "mutants": play the scenarios without the mutants; the judge must be silent
  mutants       break the platform on purpose, one rule at a time; the judge must notice each
`;

const { values, positionals } = argumentsOf();

function argumentsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        orders: { type: 'string', default: '1500' },
        faults: { type: 'string', default: '80' },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        mutant: { type: 'string' },
        control: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
}

function wholeNumber(name: string, given: string): number {
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, not "${given}"`);
  return value;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function mutantsOf(folder: string): Promise<number> {
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  return proveAll(folder, values.mutant, values.control, tell);
}

async function chaos(folder: string): Promise<number> {
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : wholeNumber('seed', values.seed);
  const [orders, faults] = [wholeNumber('orders', values.orders), wholeNumber('faults', values.faults)];
  const result = await run({ seed, orders, faults, folder, say });
  if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else print(result);
  for (const { invariant, text } of result.violations.slice(0, 40)) say(`SEED=${seed} COMMIT=${result.commit} → FAIL ${invariant} ${text}`);
  if (result.violations.length > 0) say(`replay: npm run chaos -- --seed ${seed} --orders ${orders} --faults ${faults}`);
  return result.violations.length;
}

function print(result: RunResult): void {
  const { seed, commit, tookMs, orders, requests, faults, doubts, facts, trades, halts } = result;
  process.stdout.write(
    [
      `seed ${seed}, commit ${commit}: ${orders} orders, ${requests} requests, ${faults} faults in ${Math.round(tookMs / 1000)} s; ${facts} facts, ${trades} trades, ${halts} halts`,
      `doubts resolved: ${doubts.found} found, ${doubts.provenAbsent} proven absent; sessions moved ${result.sessionMoves} times; drained ${result.drainMs} ms after the faults`,
      `the limit refused ${result.limit.refusals} requests; every account had at least ${result.limit.peakPercent} % of it open once; ${result.replaces} replaces reached the venue`,
      `orders at the venue: ${entries(result.kinds)}`,
      `faults by target: ${entries(result.faultsByTarget)}`,
      `faults by kind: ${entries(result.faultsByKind)}`,
      `failpoints that killed: ${entries(result.failpoints)}`,
      ...Object.entries(result.recoveries).map(
        ([name, { count, min, median, max }]) => `recovery ${name}: ${count} times, ${min} / ${median} / ${max} ms`,
      ),
      ...Object.entries(invariants).map(
        ([name, { says }]) => `${result.violations.some(({ invariant }) => invariant === name) ? 'BROKEN' : 'holds '} ${name} ${says}`,
      ),
      '',
    ].join('\n'),
  );
}

/** The databases of a run may lie outside its folder. */
function removeRun(folder: string): void {
  for (const one of [folder, ...readdirSync(folder).map((name) => path.join(folder, name))])
    removePostgres(path.join(one, 'cluster', 'postgres'));
  rmSync(folder, { recursive: true, force: true });
}

const entries = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(usage);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-chaos-'));
  let problems = 1;
  try {
    problems = positionals[0] === 'mutants' ? await mutantsOf(folder) : await chaos(folder);
  } finally {
    if (problems === 0 && !values.keep) removeRun(folder);
    else say(`logs, data and evidence are in ${folder}`);
  }
  process.exitCode = problems === 0 ? 0 : 1;
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
// Everything is told and stopped by now. A client of kafkajs that lost its broker while it connected would try for ever, and keep this process with it.
process.exit();
