import { describe, expect, it } from '@jest/globals';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { aCaller, aPlace, demoAccountId, demoShard, OwnerHarness } from '@switchyard/orders-core/testing';
import { Deferred, shardHex } from '@switchyard/kernel';
import { type Pool } from 'pg';
import pino from 'pino';
import { ShardHost } from './shard-host.js';

const unit = `orders/${shardHex(demoShard)}`;

/** A host of one shard whose journal holds an order without an answer; while `held` is set, the database does not answer. */
async function aHost() {
  const harness = await new OwnerHarness().openDemo();
  await harness.owner.place(aPlace('A-1'), aCaller());
  harness.owner.close();
  const { tail } = harness.tables.recovery(shardHex(demoShard));
  const database: { held?: Deferred<void>; holder: string; refusesFlushes?: Error; readonly flushes: unknown[][] } = {
    holder: 'DEMO',
    flushes: [],
  };
  const pool = {
    query: async (query: string | { readonly name: string; readonly values: unknown[] }) => {
      await database.held?.promise;
      if (typeof query !== 'string' && query.name === 'orders-flush') {
        database.flushes.push(query.values);
        if (database.refusesFlushes !== undefined) throw database.refusesFlushes;
      }
      const asksClaims = typeof query === 'string' && query.startsWith('SELECT kind, id');
      return { rows: asksClaims ? [{ kind: 'account', id: 'DEMO', risk_group_id: database.holder }] : [] };
    },
  } as unknown as Pool;
  async function* read() {
    yield tail.map(({ seq, event }) => ({ seq, payload: Buffer.from(OrderEvent.encode(event).finish()) }) as never);
  }
  const host = new ShardHost({
    pool,
    log: pino({ level: 'silent' }),
    flushMs: 1_000,
    journal: () => ({ holderId: 'me', owns: () => true, read }),
    owner: harness.options(),
    acquired: () => undefined,
    dropped: () => undefined,
    routed: () => undefined,
    committed: () => undefined,
  });
  const acquire = async (): Promise<void> => {
    await host.acquired(unit);
    host.ownershipChanged(unit);
  };
  return { host, acquire, database, held: () => harness.credits.held('paper-1') };
}

describe('the host of shards', () => {
  it('gives back the credits of a shard that was being recovered when the journal was lost', async () => {
    const { host, acquire, database, held } = await aHost();
    const answers = (database.held = new Deferred<void>());
    const acquiring = host.acquired(unit);
    host.lost('the database restarted');
    answers.resolve();
    await expect(acquiring).rejects.toThrow('lost while the shard was recovered');
    expect(held()).toBe(0);
    await acquire();
    expect(held()).toBe(1);
  });

  it('knows the accounts of the shards that it owns, and no others', async () => {
    const { host, acquire } = await aHost();
    expect(host.shardOf(demoAccountId)).toBeUndefined();
    await acquire();
    expect(host.shardOf(demoAccountId)).toBe(demoShard);
    host.lost('the database restarted');
    expect(host.shardOf(demoAccountId)).toBeUndefined();
    await acquire();
    await host.released(unit);
    expect(host.shardOf(demoAccountId)).toBeUndefined();
  });

  it('keeps a shard that it owns anew when a planned move of its former life comes to its end', async () => {
    const { host, acquire, database } = await aHost();
    await acquire();
    const answers = (database.held = new Deferred<void>());
    const releasing = host.released(unit);
    await new Promise((resolve) => setImmediate(resolve)); // It writes its rows now.
    host.lost('the database restarted');
    database.held = undefined;
    await acquire();
    const owner = host.get(demoShard);
    answers.resolve();
    await releasing;
    expect(host.get(demoShard)).toBe(owner);
    await expect(owner?.place(aPlace('A-1'), aCaller())).resolves.toMatchObject({ replayed: true });
  });

  it('refuses a shard with an account that another risk group holds, and says so where readiness is asked', async () => {
    const { host, acquire, database } = await aHost();
    database.holder = 'GROUP-B';
    await expect(acquire()).rejects.toThrow(`Account DEMO of ${unit} is in risk group GROUP-B too`);
    expect(host.get(demoShard)).toBeUndefined();
    expect(host.ready()).toContain('Account DEMO');
    database.holder = 'DEMO';
    await acquire();
    expect(host.ready()).toBe(true);
  });

  it('is not ready once flushes keep failing, and ready again after one that does not', async () => {
    const { host, acquire, database } = await aHost();
    await acquire();
    database.refusesFlushes = new Error('the rows are refused');
    for (const expected of [true, true, 'Orders could not be written to their rows 3 times: the rows are refused. The journal has them.']) {
      await expect(host.flushAll()).rejects.toThrow('refused');
      expect(host.ready()).toBe(expected);
    }
    database.refusesFlushes = undefined;
    await host.flushAll();
    expect(host.ready()).toBe(true);
  });

  it('takes a flush that wrote nothing, since the rows hold more, for one that failed: it says so and tries all of it again', async () => {
    const { host, acquire, database } = await aHost();
    await acquire();
    database.refusesFlushes = Object.assign(new Error('division by zero'), { code: '22012' });
    await expect(host.flushAll()).rejects.toThrow('nobody else flushes its shards');
    database.refusesFlushes = undefined;
    await host.flushAll();
    expect(database.flushes).toHaveLength(2);
    expect(database.flushes[1]).toEqual(database.flushes[0]);
  });
});
