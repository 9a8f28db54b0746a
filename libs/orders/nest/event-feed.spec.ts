// What a stream of order events does with other owners, with commits, and with a reader that is slow; with journals and owners it is feed.int and gateways.int.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { accountUnknown, type Call, CallError, type Calls, Reason, StatusCode } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type AccountCursor, type StreamOrderEventsResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { type AccountOwner, type CommittedEvent } from '@switchyard/orders-core';
import { type Journal } from '@switchyard/platform/journal';
import { eventually } from '@switchyard/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { EventFeed } from './event-feed.js';
import { type StoredRows } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';
import { type ShardHost } from './shard-host.js';

const shard = 7;
const fact = (accountSeq: number, accountId = 'DEMO') => OrderEvent.fromPartial({ accountId, accountSeq });
const facts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => fact(from + at));

class Client extends ScriptedStream<never, StreamOrderEventsResponse> {
  closed: CallError | undefined;
  override cancel(error?: CallError): void {
    this.closed = error;
    this.break(error);
  }
  /** What it was told: numbers of facts, and "live". */
  get told(): (number | 'live')[] {
    return this.sent.flatMap(({ events, live }) => [...events.map(({ accountSeq }) => accountSeq), ...(live ? ['live' as const] : [])]);
  }
}

class Upstream extends ScriptedStream<StreamOrderEventsResponse, never> {
  constructor(readonly cursors: readonly AccountCursor[]) {
    super();
  }
}

/** A process with the journal of one shard, which it owns or another one does. */
class Process {
  readonly rows: OrderEvent[] = [];
  readonly upstreams: Upstream[] = [];
  /** Looks at the database. */
  reads = 0;
  /** Whether the account's row is written. */
  hasRow = true;
  owner: AccountOwner | undefined;
  readonly #committed = new Set<(events: readonly CommittedEvent[]) => void>();
  readonly #dropped = new Set<(shard: number) => void>();

  own(): void {
    const onCommitted = (listener: (events: readonly CommittedEvent[]) => void) => {
      this.#committed.add(listener);
      return () => this.#committed.delete(listener);
    };
    this.owner = { shard, onCommitted } as unknown as AccountOwner;
  }

  drop(dropped: number): void {
    if (dropped === shard) this.owner = undefined;
    for (const listener of this.#dropped) listener(dropped);
  }

  commit(event: OrderEvent): void {
    this.rows.push(event);
    for (const listener of this.#committed) listener([{ seq: this.rows.length, event, payload: Buffer.alloc(0) }]);
  }

  get listeners(): number {
    return this.#committed.size + this.#dropped.size;
  }

  follow(accountSeq: number, { take, forwarded = false }: { take?: () => boolean; forwarded?: boolean } = {}): Client {
    const host = {
      get: () => this.owner,
      shardOf: () => this.owner && shard,
      onDropped: (listener: (dropped: number) => void) => {
        this.#dropped.add(listener);
        return () => this.#dropped.delete(listener);
      },
    } as unknown as ShardHost;
    const journal = { ownerOf: () => ({ address: 'there:1' }), read: this.#read.bind(this) } as unknown as Journal<StoredRows>;
    const streamOrderEvents = ({ cursors }: { readonly cursors: readonly AccountCursor[] }) => {
      const upstream = new Upstream(cursors);
      this.upstreams.push(upstream);
      return upstream;
    };
    const calls = { at: () => ({ streamOrderEvents }) } as unknown as Calls;
    const shardOfAccount = async (accountId: string) => {
      if (this.owner === undefined && !this.hasRow) throw accountUnknown(accountId);
      return shard;
    };
    const router = { shardOfAccount } as unknown as OwnerRouter;
    const seqAfter = async (_: string, accountId: string, after: number) => {
      this.reads++;
      const at = this.rows.findIndex((event) => event.accountId === accountId && event.accountSeq > after);
      return at === -1 ? undefined : at + 1;
    };
    const client = new Client(take);
    const feed = new EventFeed(router, host, journal, calls, { nowMs: () => 0 }, seqAfter, pino({ level: 'silent' }));
    feed.serve({ cursors: [{ accountId: 'DEMO', accountSeq }] }, client, { forwarded } as Call);
    return client;
  }

  async *#read(_: string, fromSeq: number, { key }: { readonly key: string }) {
    this.reads++;
    const rows = this.rows
      .map((event, at) => ({ seq: at + 1, key: event.accountId, payload: Buffer.from(OrderEvent.encode(event).finish()) }))
      .filter((row) => row.seq >= fromSeq && row.key === key);
    if (rows.length > 0) yield rows;
  }
}

let process: Process;
beforeEach(() => {
  process = new Process();
});

describe('a stream of an account that another process owns', () => {
  it.each([
    [StatusCode.UNAUTHENTICATED, Reason.TOKEN_EXPIRED],
    [StatusCode.UNAUTHENTICATED, Reason.UNAUTHENTICATED],
    [StatusCode.PERMISSION_DENIED, Reason.PERMISSION_DENIED],
    [StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN],
    [StatusCode.INVALID_ARGUMENT, Reason.OUT_OF_RANGE],
  ])('ends with what that one refuses for the caller to mend: %s, %s', async (code, reason) => {
    const client = process.follow(0);
    const upstream = await eventually(() => process.upstreams[0], { what: 'the stream from the owner' });
    upstream.say({ events: facts(1, 2), live: true });
    upstream.break(new CallError('no', { code, reason }));
    await eventually(() => client.closed, { what: 'the end' });
    expect([client.closed, client.told]).toMatchObject([{ code, reason }, [1, 2, 'live']]);
  });

  it.each([
    ['is away', new CallError('away', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE })],
    ['owns it no more', new CallError('moved', { code: StatusCode.FAILED_PRECONDITION, reason: Reason.NOT_OWNER })],
    ['was killed', new CallError('reset', { code: StatusCode.INTERNAL, reason: Reason.INTERNAL })],
    ['ends the stream', undefined],
  ])('goes on where it stood, each fact once, when that one %s', async (_, error) => {
    const client = process.follow(0);
    const upstream = await eventually(() => process.upstreams[0], { what: 'the stream from the owner' });
    upstream.say({ events: facts(1, 3), live: true });
    upstream.break(error);
    const next = await eventually(() => process.upstreams[1], { what: 'the stream from the next owner' });
    next.say({ events: facts(2, 4), live: true });
    expect(next.cursors).toEqual([{ accountId: 'DEMO', accountSeq: 3 }]);
    expect([client.closed, client.told]).toEqual([undefined, [1, 2, 3, 'live', 4]]);
  });
});

it('a stream that was forwarded to a process that does not own the account is told so, though the account has no row yet', async () => {
  process.hasRow = false;
  const client = process.follow(0, { forwarded: true });
  await eventually(() => client.closed, { what: 'the end' });
  expect(client.closed).toMatchObject({ code: StatusCode.FAILED_PRECONDITION, reason: Reason.NOT_OWNER });
});

describe('a stream of an account that this process owns', () => {
  it('reads when something is committed in the account, and never else', async () => {
    process.own();
    process.rows.push(fact(1));
    const client = process.follow(0);
    await eventually(() => client.told.includes('live'), { what: 'the stream to be live' });
    const { reads } = process;
    process.commit(fact(1, 'OTHER'));
    process.drop(shard + 1);
    await sleep(350);
    expect(process.reads).toBe(reads);
    process.commit(fact(2));
    await eventually(() => client.told.length === 3, { what: 'the fact that was committed' });
    expect(process.reads).toBe(reads + 1);

    // Over to another owner, and back.
    process.drop(shard);
    const upstream = await eventually(() => process.upstreams[0], { what: 'the stream from the next owner' });
    expect(upstream.cursors).toEqual([{ accountId: 'DEMO', accountSeq: 2 }]);
    process.rows.push(fact(3), fact(4));
    upstream.say({ events: facts(3, 3), live: true });
    process.own();
    upstream.break();
    await eventually(() => client.told.length === 5, { what: 'the fact that nobody told' });
    expect(client.told).toEqual([1, 'live', 2, 3, 4]);

    client.cancel();
    await eventually(() => process.listeners === 0, { what: 'the end of following' });
  });

  it.each([{ ms: 0 }, { ms: 1 }, { ms: 5 }])('misses nothing that is committed while it reads, $ms ms apart', async ({ ms }) => {
    process.own();
    const client = process.follow(0);
    for (const event of facts(1, 20)) {
      process.commit(event);
      await sleep(ms);
    }
    await eventually(() => client.told.includes(20), { what: 'the last fact' });
    expect(client.told.filter((each) => each !== 'live')).toEqual(facts(1, 20).map(({ accountSeq }) => accountSeq));
  });
});

describe('a reader that is slow', () => {
  const history = facts(1, 700);
  const told = ({ sent }: Client) => sent.map(({ events, live }) => (live ? 'live' : events.length));

  it.each([
    ['here', () => process.own()],
    ['elsewhere', () => undefined],
  ])('of an account that is owned %s is told that it is live behind all that it has yet to take', async (where, own) => {
    own();
    process.rows.push(...history);
    const client = process.follow(0, { take: () => false });
    if (where === 'elsewhere')
      (await eventually(() => process.upstreams[0], { what: 'the stream from the owner' })).say({ events: history, live: true });
    await eventually(() => (client.drain(), told(client).includes('live')), { what: 'the end of the catch-up' });
    expect(told(client)).toEqual([200, 200, 200, 100, 'live']);
  });
});
