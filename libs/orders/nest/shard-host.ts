// The shards that this process owns: recovered when they are acquired, flushed to their rows, dropped when they are lost.
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type Account, AccountOwner, type AccountOwnerOptions, type CommittedEvent } from '@switchyard/orders-core';
import { assert, RiskGroupId, shardOf, shardsCount } from '@switchyard/kernel';
import { HolderLostError, type Journal, type UnitHooks } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { claimAccounts, flush, readShard, shardOfStream, streamOfShard, type StoredRows } from './orders.sql.js';

/** The units of the orders journal: one a shard. */
export const shardUnits: readonly string[] = Array.from({ length: shardsCount }, (_, shard) => streamOfShard(shard));

/** Flushes that may fail one after another before the process says that it is not ready: one or two are a database that restarts. */
const failedFlushesMax = 3;

/** An account is in two shards: what an older version let happen, and what only a person can put right. */
export class AccountTwiceError extends Error {
  override readonly name = 'AccountTwiceError';
}

export interface ShardHostOptions {
  readonly pool: Pool;
  readonly log: Logger;
  readonly flushMs: number;
  readonly journal: () => Pick<Journal<StoredRows>, 'holderId' | 'owns' | 'read'>;
  /** What every owner is made from. */
  readonly owner: Omit<AccountOwnerOptions, 'shard'>;
  readonly acquired: (shard: number) => void;
  readonly dropped: (shard: number) => void;
  /** An account of the shard was opened, or its routes changed. */
  readonly routed: (shard: number) => void;
  readonly committed: (shard: number, events: readonly CommittedEvent[]) => void;
}

export class ShardHost implements UnitHooks {
  readonly #owners = new Map<number, AccountOwner>();
  /** The accounts of the shards that this process owns. */
  readonly #shardOfAccount = new Map<string, number>();
  /** Acquired, and usable once the journal says so. */
  readonly #recovered = new Map<number, AccountOwner>();
  readonly #onDropped = new Set<(shard: number) => void>();
  /** Counts losses: what was being recovered when the journal was lost is worth nothing. */
  #losses = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  /** Flushes that failed since the last one that did not, and why the last one did. */
  #failedFlushes = { count: 0, why: '' };
  /** Why shards can't be recovered. */
  readonly #refused = new Map<number, string>();
  #flushing: Promise<void> = Promise.resolve();

  constructor(private readonly options: ShardHostOptions) {}

  start(): void {
    this.#flushTimer = setInterval(() => void this.flushAll().catch(() => undefined), this.options.flushMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#flushTimer);
    await this.#flushing.catch(() => undefined);
  }

  /** Recovery and flushing work: rows that are no more written make lists of orders wrong, and every next start longer. */
  ready(): true | string {
    const [refused] = this.#refused.values();
    if (refused !== undefined) return refused;
    const { count, why } = this.#failedFlushes;
    return count < failedFlushesMax ? true : `Orders could not be written to their rows ${count} times: ${why}. The journal has them.`;
  }

  /** The owner of the shard, when it is this process. */
  get(shard: number): AccountOwner | undefined {
    return this.#owners.get(shard);
  }

  /** Where an account is that this process owns. */
  shardOf(accountId: string): number | undefined {
    return this.#shardOfAccount.get(accountId);
  }

  /** Calls the listener whenever this process owns a shard no more. @returns the function that ends it. */
  onDropped(listener: (shard: number) => void): () => void {
    this.#onDropped.add(listener);
    return () => this.#onDropped.delete(listener);
  }

  owned(): number[] {
    return [...this.#owners.keys()];
  }

  async acquired(unit: string): Promise<{ keySeqs: ReadonlyMap<string, number> }> {
    const shard = shardOfStream(unit);
    const losses = this.#losses;
    const { accounts, openOrders, cursors, flushedSeq } = await readShard(this.options.pool, shard);
    const tail: { seq: number; event: OrderEvent }[] = [];
    for await (const rows of this.options.journal().read(unit, flushedSeq + 1)) {
      for (const { seq, payload } of rows) tail.push({ seq, event: OrderEvent.decode(payload) });
    }
    await this.#mustBeOnce(shard, accounts, tail);
    const owner = await AccountOwner.recover({ ...this.options.owner, shard }, { accounts, orders: openOrders, cursors }, tail);
    this.#refused.delete(shard);
    if (losses !== this.#losses) {
      owner.close(); // It holds credits.
      throw new HolderLostError('the journal was lost while the shard was recovered');
    }
    owner.onCommitted((events) => {
      this.options.committed(shard, events);
      for (const { event } of events) {
        if (event.event?.$case !== 'accountOpened' && event.event?.$case !== 'accountChanged') continue;
        this.#shardOfAccount.set(event.accountId, shard);
        this.options.routed(shard);
      }
    });
    this.#recovered.set(shard, owner);
    return { keySeqs: owner.keySeqs() };
  }

  /**
   * Every account of the shard is claimed by its risk group, and by no other.
   * @throws AccountTwiceError where an older version opened an account in two shards: none of the two lives may go on as if it were the only one.
   */
  async #mustBeOnce(shard: number, accounts: readonly Account[], tail: readonly { readonly event: OrderEvent }[]): Promise<void> {
    const refuse = (accountId: string, other: string): never => {
      const why = `Account ${accountId} of ${streamOfShard(shard)} is in ${other} too: keep one of the two and remove the other's rows.`;
      this.#refused.set(shard, why);
      throw new AccountTwiceError(why);
    };
    const opened = tail.flatMap(({ event: { accountId, event } }) =>
      event?.$case === 'accountOpened' ? [{ accountId, riskGroupId: event.value.riskGroupId }] : [],
    );
    for (const { accountId, riskGroupId } of accounts) {
      const other = shardOf(RiskGroupId(riskGroupId));
      if (other !== shard) refuse(accountId, streamOfShard(other));
    }
    if (opened.length === 0) return;
    const lost = await claimAccounts(this.options.pool, this.options.journal().holderId, opened);
    if (lost !== undefined) refuse(lost.accountId, `risk group ${lost.holder}`);
  }

  /** Ownership of a unit changed: what was recovered serves from the moment that the journal takes appends for it. */
  ownershipChanged(unit: string): void {
    const shard = shardOfStream(unit);
    const owner = this.#recovered.get(shard);
    if (owner === undefined || !this.options.journal().owns(unit)) return;
    this.#recovered.delete(shard);
    this.#owners.set(shard, owner);
    for (const { accountId } of owner.accounts()) this.#shardOfAccount.set(accountId, shard);
    this.options.acquired(shard);
  }

  async released(unit: string): Promise<void> {
    const shard = shardOfStream(unit);
    const owner = this.#owners.get(shard);
    if (owner === undefined) return;
    await owner.drain();
    // So that the next owner reads rows, not the journal. Not needed for the truth: what can't be flushed is in the journal.
    await this.flushAll().catch(() => undefined);
    // The journal may have been lost meanwhile, and the shard be owned anew.
    if (this.get(shard) === owner) this.#drop(shard);
  }

  lost(reason: string): void {
    this.#losses++;
    this.options.log.warn({ reason, shards: this.#owners.size }, 'shards lost');
    // What was recovered holds credits too.
    for (const owner of this.#recovered.values()) owner.close();
    this.#recovered.clear();
    this.#refused.clear();
    for (const shard of this.owned()) this.#drop(shard);
  }

  /** Writes what changed to the rows. Rejects when it can't; it is dirty still then. */
  flushAll(): Promise<void> {
    const next = this.#flushing.catch(() => undefined).then(() => this.#flush());
    this.#flushing = next;
    return next;
  }

  async #flush(): Promise<void> {
    const { pool, log } = this.options;
    const taken = [...this.#owners].flatMap(([shard, owner]) => {
      const dirty = owner.takeDirty();
      return dirty === undefined ? [] : [{ shard, owner, dirty }];
    });
    // A statement that was given up may run beside this one: in one order neither waits for the other.
    taken.sort((one, other) => one.shard - other.shard);
    if (taken.length === 0) return;
    try {
      const isWritten = await flush(pool, this.options.journal().holderId, taken);
      assert(isWritten, 'a flush is written by a live holder, and nobody else flushes its shards');
      for (const { owner } of taken) owner.flushed();
      this.#failedFlushes = { count: 0, why: '' };
    } catch (error) {
      for (const { owner, dirty } of taken) owner.flushFailed(dirty);
      this.#failedFlushes = { count: this.#failedFlushes.count + 1, why: error instanceof Error ? error.message : String(error) };
      log.warn({ err: error }, 'orders could not be flushed to their rows; the journal has them');
      throw error;
    }
  }

  #drop(shard: number): void {
    const owner = this.#owners.get(shard);
    this.#owners.delete(shard);
    for (const { accountId } of owner?.accounts() ?? []) this.#shardOfAccount.delete(accountId);
    owner?.close();
    this.options.dropped(shard);
    for (const listener of this.#onDropped) listener(shard);
  }
}
