// What processes that are started by hand need: a file that a shell reads, with the tables and the key behind it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { startServices } from './services.js';

// A quote in the path is one for the shell.
const folder = mkdtempSync(path.join(tmpdir(), "switchyard-services-it's-"));
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ key: 'empty', prepare: () => Promise.resolve() });
}, 120_000);
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

it('exports the addresses and the keys, with the tables made, until they stop', async () => {
  const env = { SWITCHYARD_POSTGRES_URL: database.url, SWITCHYARD_KAFKA_BROKERS: 'kafka:9092', SWITCHYARD_REDIS_URL: 'redis://redis:6379' };
  const services = await startServices(folder, () => undefined, env);
  const names = [...Object.keys(env), 'SWITCHYARD_JWKS_FILE', 'SWITCHYARD_SERVICE_KEY_FILE'];
  const script = `. "$1"; for name in ${names.join(' ')}; do printenv "$name"; done`;
  const exported = execFileSync('sh', ['-c', script, 'sh', services.environmentFile], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  })
    .trim()
    .split('\n');
  expect(exported.slice(0, 3)).toEqual(Object.values(env));
  expect(exported.slice(3).map((file) => existsSync(file))).toEqual([true, true]);
  // It holds the password of the database.
  expect(statSync(services.environmentFile).mode & 0o077).toBe(0);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('SELECT environment FROM platform.environment');
  await client.end();
  expect(rows).toEqual([{ environment: 'sim' }]);
  await services.stop();
  expect(existsSync(services.environmentFile)).toBe(false);
});
