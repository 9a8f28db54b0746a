import { createHash } from 'node:crypto';
import { leaseService, sharedServicesDir, type RunningService } from '@switchyard/infra';
import { grantsChecksum, migrate, MIGRATIONS_DIR, readMigrations } from '@switchyard/persistence';
import pg from 'pg';
import { testRunPid } from './test-run.js';

/** A migrated database of one spec's own. */
export interface TestDatabase {
  /** As the superuser; `nounPool(url, noun)` narrows it. */
  readonly url: string;
  readonly name: string;
  /** Ends what is still connected and removes the database. For `afterAll`. */
  drop(): Promise<void>;
}

let databasesMade = 0;

/**
 * A database with every migration applied, stamped `sim`, in about 30 ms: a copy of a template that is migrated once. All specs of a run
 * share one real PostgreSQL, which starts with the first call and ends with the run.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const template = templateName();
  const { address } = await leaseService('postgres', {
    dir: sharedServicesDir(),
    holderPid: testRunPid(),
    prepare: (service, isFirst) => prepareTemplate(service, template, isFirst),
  });
  databasesMade += 1;
  const name = `test_${process.pid}_${databasesMade}`;
  await withAdmin(address, async (admin) => {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return {
    url: urlOf(address, name),
    name,
    drop: () => withAdmin(address, async (admin) => void (await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  };
}

/** Changes with everything that goes into the template. */
function templateName(): string {
  const hash = createHash('sha256').update(grantsChecksum());
  for (const migration of readMigrations(MIGRATIONS_DIR)) hash.update(`${migration.name} ${migration.checksum}\n`);
  return `template_${hash.digest('hex').slice(0, 16)}`;
}

async function prepareTemplate(service: RunningService, template: string, isFirst: boolean): Promise<void> {
  await withAdmin(service.address, async (admin) => {
    if (isFirst) await removeLeftovers(admin, template);
    const found = await admin.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount !== 0) return;
    // Renamed when it is whole, so that a run which is killed here leaves no half template.
    const partial = `${template}_partial`;
    await admin.query(`DROP DATABASE IF EXISTS ${partial} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${partial}`);
    await migrate(urlOf(service.address, partial), { environment: 'sim' });
    await admin.query(`ALTER DATABASE ${partial} RENAME TO ${template}`);
  });
}

/** What runs that were killed did not drop, and the templates of former migrations. Nobody else uses the server now. */
async function removeLeftovers(admin: pg.Client, template: string): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname ~ '^(test|template|persistence|migrate)_' AND datname <> $1`,
    [template],
  );
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
