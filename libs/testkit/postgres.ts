import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaseService, sharedServicesDir, testRunPid, type RunningService } from '@switchyard/infra';
import pg from 'pg';

/** What a template database holds. For the nouns' tables: `migratedTemplate()` of @switchyard/persistence. */
export interface DatabaseTemplate {
  /** Changes with the content: a template is made once for each key. */
  readonly key: string;
  /** Fills the new database at `url`, and closes its connections. */
  prepare(url: string): Promise<void>;
}

/** A database of one spec's own. */
export interface TestDatabase {
  /** As the superuser; `nounPool(url, noun)` narrows it. */
  readonly url: string;
  readonly name: string;
  /** Ends what is still connected and removes the database. For `afterAll`. */
  drop(): Promise<void>;
}

let databasesMade = 0;
/** How long connections that were closed may take to be gone. */
const goneMs = 1_000;

/**
 * A database that is a copy of `template`, in about 30 ms. All specs of a run share one real PostgreSQL, which starts with
 * the first call and ends with the run.
 */
export async function testDatabase(template: DatabaseTemplate): Promise<TestDatabase> {
  const templateName = `template_${createHash('sha256').update(template.key).digest('hex').slice(0, 16)}`;
  const { address } = await leaseService('postgres', {
    dir: sharedServicesDir(),
    holderPid: testRunPid(),
    prepare: (service, isFirst) => prepareTemplate(service, template, templateName, isFirst),
  });
  databasesMade += 1;
  const name = `test_${process.pid}_${databasesMade}`;
  await withAdmin(address, async (admin) => {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${templateName}`);
  });
  return {
    url: urlOf(address, name),
    name,
    drop: () => withAdmin(address, (admin) => drop(admin, name)),
  };
}

/** A pool says that it has ended before its connections have: what FORCE ends then is an error that nobody listens to. */
async function drop(admin: pg.Client, name: string): Promise<void> {
  const sql = 'SELECT count(*)::int AS connected FROM pg_stat_activity WHERE datname = $1';
  for (const untilMs = performance.now() + goneMs; performance.now() < untilMs; await sleep(10)) {
    const { rows } = await admin.query<{ connected: number }>(sql, [name]);
    if (rows[0]?.connected === 0) break;
  }
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function prepareTemplate(service: RunningService, template: DatabaseTemplate, name: string, isFirst: boolean): Promise<void> {
  await withAdmin(service.address, async (admin) => {
    if (isFirst) await removeLeftovers(admin);
    const found = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount !== 0) return;
    // Renamed when it is whole, so that a run which is killed here leaves no half template.
    const partial = `${name}_partial`;
    await admin.query(`DROP DATABASE IF EXISTS ${partial} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${partial}`);
    await template.prepare(urlOf(service.address, partial));
    await admin.query(`ALTER DATABASE ${partial} RENAME TO ${name}`);
  });
}

/** What killed runs did not drop, and templates, which are made anew in less time than it takes to tell old from new. Nobody else uses the server now. */
async function removeLeftovers(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>(`SELECT datname FROM pg_database WHERE datname ~ '^(test|template|migrate)_'`);
  for (const { datname } of rows) await admin.query(`DROP DATABASE ${admin.escapeIdentifier(datname)} WITH (FORCE)`);
}

async function withAdmin<T>(address: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: address });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function urlOf(address: string, database: string): string {
  const url = new URL(address);
  url.pathname = `/${database}`;
  return url.href;
}
