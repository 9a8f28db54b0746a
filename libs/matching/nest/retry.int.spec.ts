// A venue that could not be recovered, and tries again: /readyz says why at any moment.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { systemClock } from '@switchyard/kernel';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { readConfig } from '@switchyard/platform/config';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { matchingConfig } from './matching.config.js';
import { neighbours } from './testing/venue-neighbours.js';
import { VenueHost } from './venue-host.js';

jest.setTimeout(90_000);

let database: TestDatabase;
let pool: Pool;
let folder: string;
let host: VenueHost;

beforeEach(async () => {
  database = await testDatabase(migratedTemplate());
  pool = nounPool(database.url, 'matching', { max: 10 });
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
  host = new VenueHost({
    config: readConfig(matchingConfig, { MATCHING_FOLDER: folder, MATCHING_HEARTBEAT_MS: '200' }),
    pool,
    calls: neighbours,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    tick: { every: () => Promise.resolve(() => Promise.resolve()) },
    process: { name: 'venue-0', address: 'venue-0:1', environment: 'sim' },
  });
});
afterEach(async () => {
  await host.stop();
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

it('says why it could not be recovered, also while it tries again, and runs when that is mended', async () => {
  writeFileSync(path.join(folder, 'events'), 'a file');
  await host.start();
  const told = /could not be recovered, and tries again: .*EEXIST.*events/;
  await eventually(() => told.test(String(host.ready())), { what: 'it says why' });
  // At every turn of the event loop, so that each attempt is seen while it is under way.
  let isOver = false;
  void sleep(1_500).then(() => (isOver = true));
  const others = new Set<unknown>();
  while (!isOver) {
    if (!told.test(String(host.ready()))) others.add(host.ready());
    await setImmediate();
  }
  expect([...others]).toEqual([]);
  rmSync(path.join(folder, 'events'));
  await eventually(() => host.ready() === true, { what: 'it runs' });
});
