import { beforeEach, expect, it } from '@jest/globals';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { aCashFact, aFact, aTradeFact } from '@switchyard/positions-core/testing';
import { type Pool } from 'pg';
import { type FactsEffect, FactFolder } from './fold-facts.js';
import { TrackerSuite } from './testing/tracker-suite.js';

const suite = new TrackerSuite();
const stream = 'orders/7f';

// Nobody else folds here.
beforeEach(() => suite.stop(suite.world));

/** A folder on a pool that counts what is asked. */
function aFolder() {
  const asked = { count: 0 };
  const pool = Object.assign(Object.create(suite.pool) as Pool, {
    query: (...args: Parameters<Pool['query']>) => {
      asked.count += 1;
      return suite.pool.query(...args);
    },
  });
  const folder = new FactFolder(pool);
  return {
    folder,
    pool,
    /** How often the database was asked for these facts, which are then written, or lost. */
    async asks(what: 'written' | 'lost', ...events: readonly OrderEvent[]): Promise<number> {
      asked.count = 0;
      const effect = await folder.effectOf(
        pool,
        events.map((event) => suite.journal.append(stream, event)),
      );
      if (what === 'written') {
        await write(effect);
        folder.committed();
      }
      return asked.count;
    },
  };
}

const write = ({ effect }: FactsEffect) => suite.pool.query(`WITH ${effect.ctes(1)} SELECT 1`, [...effect.params]);
const bought = (accountSeq: number, given = {}) => aTradeFact(accountSeq, { tradeId: `T${accountSeq}`, ...given });

it('asks for what it did not write or read before', async () => {
  const { asks } = aFolder();
  expect(await asks('written', aCashFact(1), bought(2), bought(3))).toBe(1);
  expect(await asks('written', bought(4), bought(5))).toBe(0);
  expect(await asks('written', aFact(6, { $case: 'accountChanged', value: { name: 'x', routes: [] } }))).toBe(0);
  expect(await asks('written', bought(7, { instrumentId: 'I000006' }))).toBe(1);
  expect(await asks('written', bought(8), bought(9, { instrumentId: 'I000006' }))).toBe(0);
  const { rows } = await suite.pool.query('SELECT instrument_id, net_qty::int FROM positions.positions ORDER BY 1');
  expect(rows).toEqual([
    { instrument_id: 'I000005', net_qty: 50 },
    { instrument_id: 'I000006', net_qty: 20 },
  ]);
  expect((await suite.pool.query('SELECT max(seq)::int AS seq, count(*)::int FROM positions.journal')).rows).toEqual([
    { seq: 7, count: 7 },
  ]);
  expect((await suite.pool.query('SELECT balance::int FROM positions.cash')).rows).toEqual([{ balance: 1_000 - 7 * 15_000 }]);
});

it('asks again where what it made may not be written', async () => {
  const { asks } = aFolder();
  await asks('written', bought(1));
  await asks('lost', bought(2));
  expect(await asks('written', bought(3))).toBe(1);
  expect((await suite.pool.query('SELECT net_qty::int FROM positions.positions')).rows).toEqual([{ net_qty: 20 }]);
});

it('asks again where rows of the stream were folded elsewhere', async () => {
  const { asks } = aFolder();
  await asks('written', bought(1));
  await write(await new FactFolder(suite.pool).effectOf(suite.pool, [suite.journal.append(stream, bought(2))]));
  expect(await asks('written', bought(3))).toBe(1);
  expect((await suite.pool.query('SELECT net_qty::int FROM positions.positions')).rows).toEqual([{ net_qty: 30 }]);
});

it('asks for everything in a transaction, and after one', async () => {
  const { asks, folder } = aFolder();
  await asks('written', bought(1));
  const tx = await suite.pool.connect();
  try {
    // The same fill in another fact: it is not folded twice.
    await write(await folder.effectOf(tx, [suite.journal.append(stream, aTradeFact(2, { tradeId: 'T1' }))]));
    folder.committed();
  } finally {
    tx.release();
  }
  expect(await asks('written', bought(3))).toBe(1);
  expect((await suite.pool.query('SELECT net_qty::int FROM positions.positions')).rows).toEqual([{ net_qty: 20 }]);
});

it('refuses a sequence that goes back among the rows of one effect', async () => {
  const { asks } = aFolder();
  const changed = aFact(2, { $case: 'accountChanged', value: { name: 'x', routes: [] } });
  await expect(asks('lost', bought(2), changed, bought(3))).rejects.toThrow('account_seq goes back');
});
