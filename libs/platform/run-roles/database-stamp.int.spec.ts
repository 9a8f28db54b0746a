// Whose database it is, is asked by every process at every start, whatever roles it runs.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, freePort } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { answersRole, asksRole, Journey } from '../testing/example-roles.js';
import { type Role, type RunningProcess, runRoles } from './index.js';

jest.setTimeout(60_000);

let folder: string;
let database: TestDatabase;
let admin: pg.Pool;
let journey: Journey;
const running: RunningProcess[] = [];

/** A role that keeps data. */
const keeps = (role: Role, noun: string): Role => ({ ...role, noun });
const compositions: [string, (of: Journey) => Role[]][] = [
  ['a process of one role', (of) => [keeps(answersRole(of), 'orders')]],
  ['a hybrid whose first role keeps data', (of) => [keeps(answersRole(of), 'orders'), asksRole(of)]],
  ['a hybrid whose second role keeps data', (of) => [answersRole(of), keeps(asksRole(of), 'risk')]],
];

function run(roles: readonly Role[], httpPort = '0'): Promise<RunningProcess> {
  return runRoles(roles, {
    nounPool: (url, _noun, { max, onError }) => new pg.Pool({ connectionString: url, max }).on('error', onError),
    env: {
      SWITCHYARD_POSTGRES_URL: database.url,
      SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0',
      SWITCHYARD_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      SWITCHYARD_KEYS_FOLDER: folder,
      SWITCHYARD_LOG_LEVEL: 'silent',
    },
  }).then((process) => {
    running.push(process);
    return process;
  });
}

const stamp = (environment: string) =>
  admin.query(
    `CREATE SCHEMA platform; CREATE TABLE platform.environment (environment text); INSERT INTO platform.environment VALUES ('${environment}')`,
  );

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-stamp-'));
  database = await testDatabase({ key: 'empty', prepare: () => Promise.resolve() });
  admin = new pg.Pool({ connectionString: database.url, max: 1 });
}, 120_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  await admin.query('DROP SCHEMA IF EXISTS platform CASCADE');
});
afterAll(async () => {
  await admin.end();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(compositions)('%s', (_what, roles) => {
  it('refuses a database of the other environment, names the fix, and starts nothing', async () => {
    await stamp('live');
    journey = new Journey();
    await expect(run(roles(journey))).rejects.toThrow(
      /stamped "live" at its first migration, but this process runs as "sim": point SWITCHYARD_POSTGRES_URL to the sim database, or set SWITCHYARD_ENVIRONMENT=live/,
    );
    expect(journey.steps).toEqual([]);
  });

  it('starts on a database of its own environment', async () => {
    await stamp('sim');
    journey = new Journey();
    await (await run(roles(journey))).whenReady();
    expect(journey.steps).toContain('start answers');
  });
});

it('waits for a database that is not migrated yet, says so, and starts when it is', async () => {
  journey = new Journey();
  const port = String(await freePort());
  const starting = run([keeps(answersRole(journey), 'orders')], port);
  await eventually(async () => (await readyz(port)).includes('waits for the database to be migrated'), { what: 'the word for it' });
  expect(journey.steps).toEqual([]);
  await stamp('sim');
  await (await starting).whenReady();
  expect(journey.steps).toEqual(['start answers']);
});

async function readyz(port: string): Promise<string> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    (response) => response.text(),
    () => '',
  );
}
