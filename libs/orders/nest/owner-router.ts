// Finds the process that owns an account and answers there: here when it is this one, else by one forward, again and again until the deadline.
import {
  accountUnknown,
  type Call,
  CallError,
  type CallOptions,
  type Calls,
  isAfterLookUp,
  Reason,
  type RequestOf,
  type ResponseOf,
  type ServiceContract,
  type ServiceDefinition,
  StatusCode,
} from '@switchyard/contracts';
import { type AccountOwner } from '@switchyard/orders-core';
import { AccountId, type Clock } from '@switchyard/kernel';
import { toRefusal } from '@switchyard/platform/calls';
import { type Journal } from '@switchyard/platform/journal';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pool } from 'pg';
import { readAccountShard, streamOfShard, type StoredRows } from './orders.sql.js';
import { type ShardHost } from './shard-host.js';

const retryMs = 40;
/** So long before its deadline a caller is told what is not ready, while it still listens. */
const noticeMs = 500;
/** What says that the owner is elsewhere or unclear; the same request with the same ids may go again. */
const moved: ReadonlySet<Reason> = new Set([Reason.NOT_OWNER, Reason.UNAVAILABLE, Reason.NOT_READY, Reason.UNKNOWN_RETRY_SAME_ID]);

export class OwnerRouter {
  /** Accounts of other owners, by what the table said: an account never changes its shard. */
  readonly #shards = new Map<string, number>();

  constructor(
    private readonly pool: Pool,
    private readonly host: ShardHost,
    private readonly journal: Journal<StoredRows>,
    private readonly calls: Calls,
    private readonly clock: Pick<Clock, 'nowMs'>,
    private readonly processName: string,
  ) {}

  /** The shard of an account. Throws NOT_FOUND where there is no such account. */
  async shardOfAccount(accountId: string): Promise<number> {
    const known = this.host.shardOf(accountId) ?? this.#shards.get(accountId);
    if (known !== undefined) return known;
    if (!AccountId.parse(accountId).ok) throw accountUnknown(accountId);
    const stored = await readAccountShard(this.pool, accountId);
    if (stored === undefined) throw accountUnknown(accountId);
    this.#shards.set(accountId, stored);
    return stored;
  }

  /**
   * The handler of a method that the owner of an account answers: `shardOf` says who may and where the account is, `here` answers in the owner's process,
   * and from any other process the same method goes there.
   */
  handler<D extends ServiceDefinition, K extends keyof D['methods'] & string>(
    contract: ServiceContract<D>,
    method: K,
    shardOf: (request: RequestOf<D['methods'][K]>, call: Call) => Promise<number>,
    here: (owner: AccountOwner, request: RequestOf<D['methods'][K]>, call: Call) => Promise<ResponseOf<D['methods'][K]>>,
  ): (request: RequestOf<D['methods'][K]>, call: Call) => Promise<ResponseOf<D['methods'][K]>> {
    return async (request, call) =>
      this.atOwner(await shardOf(request, call), contract, method, request, call, (owner) => here(owner, request, call));
  }

  /**
   * Answers at the owner of a shard. A call that was forwarded is not forwarded again.
   * Throws what the owner throws; when the owner can't be reached before the deadline: UNKNOWN_RETRY_SAME_ID, never "not done". So too when a try had no
   * answer and the next one fails by what says nothing about it (a token that expired meanwhile, a defect). An owner that stays without its instruments or
   * its risk check, and has done nothing: NOT_READY.
   */
  async atOwner<D extends ServiceDefinition, K extends keyof D['methods'] & string>(
    shard: number,
    contract: ServiceContract<D>,
    method: K,
    request: RequestOf<D['methods'][K]>,
    call: Call,
    here: (owner: AccountOwner) => Promise<ResponseOf<D['methods'][K]>>,
  ): Promise<ResponseOf<D['methods'][K]>> {
    let last: unknown;
    let isUncertain = false;
    const entered = { atMs: this.clock.nowMs(), process: this.processName };
    do {
      try {
        const owner = this.host.get(shard);
        if (owner !== undefined) return await here(owner);
        const address = this.journal.ownerOf(streamOfShard(shard))?.address;
        if (call.forwarded || address === undefined || this.journal.owns(streamOfShard(shard))) throw notOwner(shard, address);
        // A contract of unary methods: what a stream is served by has no owner to be answered at.
        const there = this.calls.at(contract, address) as unknown as Record<
          string,
          Unary<RequestOf<D['methods'][K]>, ResponseOf<D['methods'][K]>>
        >;
        return await there[method]!(request, {
          token: call.token,
          deadlineMs: call.deadlineMs,
          traceparent: call.traceparent,
          forwarded: true,
          entered,
          signal: call.signal,
        });
      } catch (error) {
        if (call.forwarded) throw error;
        last = error;
        const reason = toRefusal(error)?.reason;
        if (reason === undefined || !moved.has(reason)) {
          if (!isUncertain || (reason !== undefined && isAfterLookUp(reason))) throw error;
          break;
        }
        isUncertain ||= reason === Reason.UNAVAILABLE || reason === Reason.UNKNOWN_RETRY_SAME_ID;
        if (reason === Reason.NOT_READY && !isUncertain && this.clock.nowMs() + noticeMs >= call.deadlineMs) throw error;
      }
      await sleep(retryMs);
    } while (this.clock.nowMs() + retryMs < call.deadlineMs && !call.signal.aborted);
    throw new CallError('the outcome is unknown: repeat the call with the same id to learn it', {
      code: StatusCode.UNAVAILABLE,
      reason: Reason.UNKNOWN_RETRY_SAME_ID,
      retryAfterMs: 500,
      cause: last,
    });
  }
}

type Unary<In, Out> = (request: In, options: CallOptions) => Promise<Out>;

function notOwner(shard: number, address: string | undefined): CallError {
  return new CallError(`this process does not own shard ${streamOfShard(shard)}`, {
    code: StatusCode.FAILED_PRECONDITION,
    reason: Reason.NOT_OWNER,
    metadata: { address: address ?? '' },
  });
}
