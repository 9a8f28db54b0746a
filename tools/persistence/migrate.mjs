/**
 * Makes and checks migrations, offline. It works on a database of its own, to which it applies the folder's migrations.
 *
 *   node tools/persistence/migrate.mjs diff --name <what-changed>   writes a migration from what the schema files changed
 *   node tools/persistence/migrate.mjs drift                        fails if the migrations do not lead to the schema files
 *   node tools/persistence/migrate.mjs status --url <database>      fails if that database lacks a migration of the folder
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { helpIfAsked } from '../help.mjs';
import { becomeNode24 } from '../start/node24.mjs';
import { openSchemaEngine, PRISMA_DIR } from './schema-engine.mjs';

const USAGE = `node tools/persistence/migrate.mjs diff --name <what-changed> | drift | status --url <database>

Makes and checks migrations, offline.
  diff     writes a migration from what the schema files changed
  drift    fails if the migrations do not lead to the schema files
  status   fails if the database lacks a migration of the folder
`;
helpIfAsked(USAGE);

/** Runs `work` with an engine on a database that has exactly the migrations of the folder. */
async function withMigratedDatabase(work) {
  // Loaded here, where Node 24 runs: the start of this file must work on the Node that was called.
  const { importSource } = await import('../import-source.mjs');
  const { leaseService, releaseServices, sharedServicesDir } = await importSource('tools/infra/index.ts');
  const { migrate } = await importSource('libs/persistence/migrate.ts');
  const lease = { dir: sharedServicesDir(), holderPid: process.pid };
  const { address } = await leaseService('postgres', lease);
  const admin = new pg.Client({ connectionString: address });
  await admin.connect();
  const database = `migrate_${process.pid}`;
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${database}`);
    await admin.query(`CREATE DATABASE ${database}`);
    const url = new URL(address);
    url.pathname = `/${database}`;
    // An empty folder has no table for the environment's stamp, and nothing to apply.
    if (migrationNames().length > 0) await migrate(url.href, { environment: 'sim' });
    return await withEngine(url.href, work);
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await admin.end();
    await releaseServices(lease);
  }
}

async function withEngine(url, work) {
  const engine = await openSchemaEngine(url);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

function migrationNames() {
  const entries = readdirSync(path.join(PRISMA_DIR, 'migrations'), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Prisma's names: the time in UTC to the second, then what changed. Always later than the last one. */
function newMigrationName(what) {
  const now = new Date()
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14);
  const last = migrationNames().sort().at(-1)?.slice(0, 14) ?? '';
  return `${now > last ? now : String(BigInt(last) + 1n)}_${what}`;
}

async function diff(what) {
  if (!/^[a-z][a-z0-9_]*$/.test(what ?? '')) throw new Error(`--name must be like add_orders_table.\n${USAGE}`);
  const sql = await withMigratedDatabase((engine) => engine.diff());
  if (sql === '') return void process.stdout.write('nothing changed: the migrations lead to the schema files\n');
  const dir = path.join(PRISMA_DIR, 'migrations', newMigrationName(what));
  mkdirSync(dir);
  writeFileSync(path.join(dir, 'migration.sql'), sql);
  process.stdout.write(`${path.relative(process.cwd(), dir)}/migration.sql: read it before you commit it\n`);
}

async function drift() {
  const sql = await withMigratedDatabase((engine) => engine.diff());
  if (sql === '') return void process.stdout.write('in sync: the migrations lead to the schema files\n');
  process.stdout.write(
    `The migrations do not lead to the schema files. Missing (node tools/persistence/migrate.mjs diff --name <what-changed>):\n${sql}`,
  );
  process.exitCode = 1;
}

async function status(url) {
  if (!url) throw new Error(`--url is missing.\n${USAGE}`);
  const found = await withEngine(url, (engine) => engine.status());
  const isInSync =
    found.history === null &&
    found.hasMigrationsTable &&
    found.editedMigrationNames.length === 0 &&
    found.failedMigrationNames.length === 0;
  process.stdout.write(
    isInSync ? 'in sync: the database has the migrations of the folder\n' : `not in sync: ${JSON.stringify(found, null, 2)}\n`,
  );
  if (!isInSync) process.exitCode = 1;
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { name: { type: 'string' }, url: { type: 'string' } } });
  switch (positionals[0]) {
    case 'diff':
      return diff(values.name);
    case 'drift':
      return drift();
    case 'status':
      return status(values.url);
    default:
      throw new Error(USAGE);
  }
}

// Importing WebAssembly as a module is what Node 24 calls experimental.
const QUIET = '--disable-warning=ExperimentalWarning';
if (process.execArgv.includes(QUIET)) {
  await main().catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
} else {
  becomeNode24([QUIET, import.meta.filename, ...process.argv.slice(2)]);
}
