/** One life of this process in the table of holders: registered under a new id, beating, and dead for ever once marked so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock } from '@switchyard/kernel';
import { type Client, type Pool } from 'pg';
import { type Logger } from 'pino';
import { closeConnection, openConnection } from './connection.js';
import { type JournalSql } from './rows.sql.js';
import { type JournalSettings, type UnitOwner } from './types.js';

/** A holder as the database sees it. */
export interface HolderRow extends UnitOwner {
  /** Since its last heartbeat, by the database's clock. */
  readonly ageMs: number;
}

/** What one heartbeat saw. */
export interface View {
  /** Holders that are alive; the newest of a process last. */
  readonly holders: readonly HolderRow[];
  /** When it was asked for, by the own monotonic clock. */
  readonly issuedMs: number;
  /** unit → holder id, also of dead ones. */
  readonly ownership: ReadonlyMap<string, string>;
}

export interface HolderOptions {
  readonly id: string;
  readonly process: string;
  readonly address: string;
  readonly pool: Pool;
  readonly schema: string;
  readonly sql: JournalSql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: JournalSettings;
  onView(view: View): void;
  /** The holder must not go on: another process marked it dead (`isFenced`), or it could not beat in time. */
  onDead(reason: string, isFenced: boolean): void;
}

export class Holder {
  readonly #options: HolderOptions;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBeating = false;
  #beatAgain = false;
  #lastBeatMs = 0;
  #beatingSinceMs = 0;
  #isOver = false;

  constructor(options: HolderOptions) {
    this.#options = options;
  }

  /** Registers; rejects when the database can't be reached. Heartbeats and views follow. */
  async register(): Promise<void> {
    const { id, process, address, clock, sql } = this.#options;
    this.#beatingSinceMs = this.#lastBeatMs = clock.monotonicMs();
    const client = await this.#connect();
    await client.query(sql.register, [id, process, address]);
    await client.query('SELECT pg_notify($1, $2)', [sql.channel, id]);
    this.#timer = setInterval(() => this.#tick(), this.#options.settings.heartbeatMs);
    this.#tick();
  }

  /** For how long this holder has beaten without a pause: who was away can't judge others. */
  get beatingForMs(): number {
    return this.#options.clock.monotonicMs() - this.#beatingSinceMs;
  }

  /** Looks again soon: somebody said that ownership changed. */
  look(): void {
    if (!this.#isOver) void this.#beat();
  }

  /** No more heartbeats; the row stays as it is. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    if (this.#client) closeConnection(this.#client);
    this.#client = undefined;
  }

  #tick(): void {
    const { clock, settings } = this.#options;
    const lateMs = clock.monotonicMs() - this.#lastBeatMs;
    if (lateMs > settings.holderTimeoutMs - settings.holderMarginMs) return this.#die(`no heartbeat for ${Math.round(lateMs)} ms`, false);
    void this.#beat();
  }

  async #beat(): Promise<void> {
    if (this.#isBeating) {
      this.#beatAgain = true;
      return;
    }
    this.#isBeating = true;
    const { id, clock, sql, log } = this.#options;
    const issuedMs = clock.monotonicMs();
    try {
      const client = this.#client ?? (await this.#connect());
      await client.query({ name: 'beat', text: sql.beat, values: [id] });
      const view = { issuedMs, ...(await readHolders(client, sql)) };
      if (this.#isOver) return;
      this.#lastBeatMs = issuedMs;
      if (view.holders.some((holder) => holder.holderId === id)) this.#options.onView(view);
      else this.#die('another process marked this holder dead', true);
    } catch (error) {
      if (this.#isOver) return;
      log.warn({ err: error, holderId: id }, 'heartbeat failed');
      if (this.#client) closeConnection(this.#client);
      this.#client = undefined;
    } finally {
      this.#isBeating = false;
    }
    if (this.#beatAgain && !this.#isOver) {
      this.#beatAgain = false;
      await sleep(5); // A takeover of many units says so often; one look serves them all.
      if (!this.#isOver) void this.#beat();
    }
  }

  async #connect(): Promise<Client> {
    const { pool, schema, settings, sql } = this.#options;
    const client = await openConnection(pool, {
      schema,
      name: `${schema} holder`,
      timeoutMs: settings.holderTimeoutMs,
      onLost: () => {
        if (this.#client === client) this.#client = undefined;
      },
    });
    if (this.#isOver) {
      closeConnection(client);
      throw new Error('the holder ended while it connected');
    }
    client.on('notification', () => this.look());
    await client.query(`LISTEN ${sql.channel}`);
    this.#client = client;
    return client;
  }

  #die(reason: string, isFenced: boolean): void {
    if (this.#isOver) return;
    this.end();
    this.#options.onDead(reason, isFenced);
  }
}

/**
 * Marks a holder dead by a connection of its own, which waits for the statement that it may have in flight; tried again until the database answers.
 * After this nothing is written in the name of that holder, whenever its bytes arrive.
 */
export async function markHolderDead(
  options: Pick<HolderOptions, 'id' | 'pool' | 'schema' | 'sql' | 'log' | 'settings'>,
  signal: AbortSignal,
): Promise<void> {
  const { id, pool, schema, sql, log, settings } = options;
  for (let waitMs = 50; !signal.aborted; waitMs = Math.min(waitMs * 2, 1_000)) {
    let client: Client | undefined;
    try {
      client = await openConnection(pool, { schema, name: `${schema} last word`, timeoutMs: settings.appendTimeoutMs * 2 });
      await client.query(sql.markDead, [[id], [], 0]);
      await client.query('SELECT pg_notify($1, $2)', [sql.channel, id]);
      return;
    } catch (error) {
      log.warn({ err: error, holderId: id }, 'could not mark the own holder dead yet');
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    } finally {
      if (client) closeConnection(client);
    }
  }
}

/** Who is alive and who owns what. Holders first: who registers in between owns nothing yet. */
export async function readHolders(
  client: Pick<Client, 'query'>,
  { holders, ownership }: Pick<JournalSql, 'holders' | 'ownership'>,
): Promise<Omit<View, 'issuedMs'>> {
  const alive = await client.query<{ id: string; process: string; address: string; age_ms: number }>({ name: 'holders', text: holders });
  const owned = await client.query<{ unit: string; holder_id: string }>({ name: 'ownership', text: ownership });
  return {
    holders: alive.rows.map((row) => ({ holderId: row.id, process: row.process, address: row.address, ageMs: row.age_ms })),
    ownership: new Map(owned.rows.map((row) => [row.unit, row.holder_id])),
  };
}

/** By unit: who owns it, of those who are alive. */
export function ownersOf({ holders, ownership }: Pick<View, 'holders' | 'ownership'>): Map<string, UnitOwner> {
  const byId = new Map(holders.map(({ process, address, holderId }) => [holderId, { process, address, holderId }]));
  const owners = new Map<string, UnitOwner>();
  for (const [unit, holderId] of ownership) {
    const owner = byId.get(holderId);
    if (owner !== undefined) owners.set(unit, owner);
  }
  return owners;
}
