/** What every integration spec of the tracker needs: a database, emptied before each test, and processes on it. */
import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { type Pool } from 'pg';
import { OrderJournal, TrackerWorld } from './tracker-world.js';

export const demo = { token: 'demo', timeoutMs: 20_000 };
export const ops = { token: 'ops', timeoutMs: 20_000 };

const tables = ['accounts', 'positions', 'trades', 'cash', 'ledger', 'journal', 'watermarks', 'cursors', 'parked'];

export class TrackerSuite {
  pool!: Pool;
  journal!: OrderJournal;
  /** The first process. */
  world!: TrackerWorld;
  #database!: TestDatabase;
  readonly #running = new Set<TrackerWorld>();

  constructor() {
    // Longer than every wait for a condition, so that the wait says what was missing.
    jest.setTimeout(60_000);
    beforeAll(async () => {
      this.#database = await testDatabase(migratedTemplate());
      this.pool = nounPool(this.#database.url, 'positions', { max: 8 });
    }, 120_000);
    beforeEach(async () => {
      await this.pool.query(tables.map((table) => `DELETE FROM positions.${table}`).join('; '));
      this.journal = new OrderJournal();
      this.world = await this.aProcess();
    });
    afterEach(async () => {
      for (const world of this.#running) await this.stop(world);
    });
    afterAll(async () => {
      await this.pool.end();
      await this.#database.drop();
    });
  }

  /** A process with a tracker, on the same database and journal as the others. */
  async aProcess(): Promise<TrackerWorld> {
    const world = await new TrackerWorld(this.pool, this.journal).start();
    this.#running.add(world);
    return world;
  }

  async stop(world: TrackerWorld): Promise<void> {
    this.#running.delete(world);
    await world.stop();
  }

  list(includeFlat = false, of = this.world) {
    return of.positions.listPositions({ accountId: 'DEMO', includeFlat }, demo);
  }

  /** Waits until the account is folded up to the sequence. */
  async folded(accountSeq: number, of = this.world, accountId = 'DEMO'): Promise<void> {
    const read = () => of.positions.listPositions({ accountId, includeFlat: true }, ops);
    await eventually(async () => (await read()).accountSeq === accountSeq, { what: `${accountId} folded up to ${accountSeq}` });
  }
}
