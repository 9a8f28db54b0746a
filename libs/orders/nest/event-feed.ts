// StreamOrderEvents: every fact of the accounts from a cursor on, each once and in order, fed by the owner's journal and its tail, wherever the owner is.
import {
  numberRules,
  ACCOUNT_SERVICE,
  accountUnknown,
  type Call,
  CallError,
  type Calls,
  type MessageStream,
  ORDER_SERVICE,
  Reason,
  StatusCode,
} from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import {
  type AccountCursor,
  type StreamOrderEventsRequest,
  type StreamOrderEventsResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { type Clock } from '@switchyard/kernel';
import { type AccountOwner, toAccountMessage } from '@switchyard/orders-core';
import { type Journal } from '@switchyard/platform/journal';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger } from 'pino';
import { invalid } from './order.service.js';
import { streamOfShard, type StoredRows } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';
import { type ShardHost } from './shard-host.js';

const retryMs = 100;
/** How long an account's owner is looked for before a stream from now on is refused. */
const ownerWaitMs = 10_000;
/** Events that wait for a slow reader; beyond, it is told to come back with its cursor. */
const queuedMax = 20_000;
/** What another owner refuses for the caller's own sake: every owner would, and only the caller can mend it. All else is an owner that is away or moved. */
const forTheCaller: ReadonlySet<StatusCode> = new Set([
  StatusCode.UNAUTHENTICATED,
  StatusCode.PERMISSION_DENIED,
  StatusCode.NOT_FOUND,
  StatusCode.INVALID_ARGUMENT,
]);

/** How far an account has been told. */
interface Position {
  readonly accountId: string;
  /** Its last accountSeq. */
  seq: number;
  /** The next row to look at in the shard's stream, once it is known here. */
  fromSeq: number | undefined;
}

export class EventFeed {
  constructor(
    private readonly router: OwnerRouter,
    private readonly host: ShardHost,
    private readonly journal: Journal<StoredRows>,
    private readonly calls: Calls,
    private readonly clock: Pick<Clock, 'nowMs'>,
    /** Seq of the first row of the account after an accountSeq; undefined when there is none. */
    private readonly seqAfter: (stream: string, accountId: string, accountSeq: number) => Promise<number | undefined>,
    private readonly log: Logger,
  ) {}

  serve(request: StreamOrderEventsRequest, stream: MessageStream<never, StreamOrderEventsResponse>, call: Call): void {
    const reader = new Reader(stream, request.cursors.length);
    const wrong = wrongCursor(request.cursors);
    if (wrong !== undefined) return stream.cancel(wrong);
    for (const [at, cursor] of request.cursors.entries()) {
      this.#follow(cursor, `cursors[${at}]`, reader, call).catch((error: unknown) => {
        this.log.info({ err: error, accountId: cursor.accountId }, 'an order event stream ended');
        stream.cancel(
          error instanceof CallError
            ? error
            : new CallError('the stream ended; open it again with your cursor', {
                code: StatusCode.UNAVAILABLE,
                reason: Reason.UNAVAILABLE,
              }),
        );
      });
    }
  }

  /** Follows one account over every change of its owner. */
  async #follow(cursor: AccountCursor, field: string, reader: Reader, call: Call): Promise<void> {
    const { accountId } = cursor;
    // Its owner knows it; another process may not have a row of a new account, and would say that there is none.
    if (call.forwarded && this.host.shardOf(accountId) === undefined) throw notOwner();
    const shard = await this.router.shardOfAccount(accountId);
    const seq = await this.#firstSeq(shard, cursor, field, call);
    const position: Position = { accountId, seq, fromSeq: undefined };
    while (!reader.gone) {
      const owner = this.host.get(shard);
      const address = this.journal.ownerOf(streamOfShard(shard))?.address;
      if (owner !== undefined) await this.#here(owner, position, reader);
      else if (call.forwarded) throw notOwner(address);
      else if (address !== undefined) await this.#there(address, position, reader, call);
      await sleep(retryMs);
    }
  }

  /** What the reader has. "From now" is one place in the account's life, whoever owns it later. A cursor beyond that life would hide all facts up to it. */
  async #firstSeq(shard: number, { accountId, accountSeq }: AccountCursor, field: string, call: Call): Promise<number> {
    if (accountSeq === -1) return this.#lastSeq(shard, accountId, call);
    // The journal says it, and not the owner: one that was deposed and does not know it yet is behind.
    const isTold = accountSeq === 0 || (await this.seqAfter(streamOfShard(shard), accountId, accountSeq - 1)) !== undefined;
    if (!isTold) throw invalid(`${field}.accountSeq`, Reason.OUT_OF_RANGE, `account ${accountId} has no fact ${accountSeq} yet`);
    return accountSeq;
  }

  /** The account's last accountSeq, as its owner has it. */
  async #lastSeq(shard: number, accountId: string, call: Call): Promise<number> {
    const inTime = { ...call, deadlineMs: Math.min(call.deadlineMs, this.clock.nowMs() + ownerWaitMs) };
    const { account } = await this.router.atOwner(shard, ACCOUNT_SERVICE, 'getAccount', { accountId }, inTime, async (owner) => {
      const known = owner.account(accountId);
      if (known === undefined) throw accountUnknown(accountId, 'cursors');
      return { account: toAccountMessage(known) };
    });
    return account?.accountSeq ?? 0;
  }

  /** From this process' own journal, then from its commits, until the owner is not here. Nothing is read while nothing is committed. */
  async #here(owner: AccountOwner, position: Position, reader: Reader): Promise<void> {
    const { accountId } = position;
    let wake = (): void => undefined;
    const stops = [
      owner.onCommitted((events) => {
        if (events.some(({ event }) => event.accountId === accountId)) wake();
      }),
      this.host.onDropped((shard) => {
        if (shard === owner.shard) wake();
      }),
      reader.onGone(() => wake()),
    ];
    try {
      while (!reader.gone && this.host.get(owner.shard) === owner) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await this.#read(streamOfShard(owner.shard), position, reader);
        reader.caughtUp(accountId);
        await woken;
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** Everything of the account that is in the journal and after the position. */
  async #read(stream: string, position: Position, reader: Reader): Promise<void> {
    position.fromSeq ??= await this.seqAfter(stream, position.accountId, position.seq);
    if (position.fromSeq === undefined) return;
    for await (const rows of this.journal.read(stream, position.fromSeq, { key: position.accountId })) {
      position.fromSeq = (rows[rows.length - 1]?.seq ?? position.fromSeq - 1) + 1;
      const events = rows.map((row) => OrderEvent.decode(row.payload)).filter((event) => event.accountSeq > position.seq);
      if (events.length > 0) reader.add(events);
      position.seq = events[events.length - 1]?.accountSeq ?? position.seq;
      await reader.room();
      if (reader.gone) return;
    }
  }

  /** From the process that owns the account; whatever it has sent moves the position. Rejects with what it refuses for the caller's own sake. */
  #there(address: string, position: Position, reader: Reader, call: Call): Promise<void> {
    return new Promise((resolve, reject) => {
      const cursors = [{ accountId: position.accountId, accountSeq: position.seq }];
      const upstream = this.calls
        .at(ORDER_SERVICE, address)
        .streamOrderEvents({ cursors }, { token: call.token, forwarded: true, traceparent: call.traceparent, signal: call.signal });
      const stop = reader.onGone(() => upstream.cancel());
      upstream.onMessage(({ events, live }) => {
        const fresh = events.filter((event) => event.accountSeq > position.seq);
        if (fresh.length > 0) reader.add(fresh);
        position.seq = fresh[fresh.length - 1]?.accountSeq ?? position.seq;
        if (live) reader.caughtUp(position.accountId);
      });
      upstream.onEnd(() => upstream.end());
      upstream.onClose((error) => {
        stop();
        if (error !== undefined && forTheCaller.has(error.code)) reject(error);
        else resolve();
      });
    });
  }
}

function notOwner(address = ''): CallError {
  return new CallError('this process does not own the account', {
    code: StatusCode.FAILED_PRECONDITION,
    reason: Reason.NOT_OWNER,
    metadata: { address },
  });
}

/** What is wrong with the cursors; undefined when nothing is. */
function wrongCursor(cursors: readonly AccountCursor[]): CallError | undefined {
  if (cursors.length === 0) return invalid('cursors', Reason.FIELD_REQUIRED, 'name at least one account');
  const seen = new Set<string>();
  for (const [at, { accountId, accountSeq }] of cursors.entries()) {
    if (seen.has(accountId)) return invalid(`cursors[${at}].accountId`, Reason.FIELD_NOT_ALLOWED, 'name each account once');
    if (!Number.isSafeInteger(accountSeq) || accountSeq < -1)
      return invalid(`cursors[${at}].accountSeq`, Reason.OUT_OF_RANGE, numberRules.accountSeq);
    seen.add(accountId);
  }
  return undefined;
}

/** The caller's end of the stream. */
class Reader {
  #queued: OrderEvent[] = [];
  #blocked = false;
  #gone = false;
  readonly #waiting: (() => void)[] = [];
  readonly #onGone = new Set<() => void>();
  readonly #caughtUp = new Set<string>();
  #live: 'not yet' | 'to be told' | 'told' = 'not yet';

  constructor(
    private readonly stream: MessageStream<never, StreamOrderEventsResponse>,
    private readonly accountsCount: number,
  ) {
    stream.onDrain(() => {
      this.#blocked = false;
      this.#flush();
      if (!this.#blocked) for (const resume of this.#waiting.splice(0)) resume();
    });
    stream.onEnd(() => undefined);
    stream.onClose(() => {
      this.#gone = true;
      for (const task of this.#onGone) task();
      for (const resume of this.#waiting.splice(0)) resume();
    });
  }

  get gone(): boolean {
    return this.#gone;
  }

  add(events: readonly OrderEvent[]): void {
    this.#queued.push(...events);
    if (this.#queued.length > queuedMax)
      return this.stream.cancel(
        new CallError('the reader is too slow; open the stream again with your cursor', {
          code: StatusCode.RESOURCE_EXHAUSTED,
          reason: Reason.OVERLOADED,
        }),
      );
    this.#flush();
  }

  /** Resolves when more can be added. */
  room(): Promise<void> {
    return this.#blocked && !this.#gone ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** An account has no more history; when all have none, the caller is told once, behind every event of it. */
  caughtUp(accountId: string): void {
    this.#caughtUp.add(accountId);
    if (this.#live !== 'not yet' || this.#caughtUp.size < this.accountsCount) return;
    this.#live = 'to be told';
    this.#flush();
  }

  onGone(task: () => void): () => void {
    this.#onGone.add(task);
    return () => this.#onGone.delete(task);
  }

  #flush(): void {
    while (!this.#blocked && !this.#gone && (this.#queued.length > 0 || this.#live === 'to be told')) {
      const events = this.#queued.splice(0, 200);
      const live = events.length === 0;
      if (live) this.#live = 'told';
      this.#blocked = !this.stream.send({ events, live });
    }
  }
}
