/** Decides which units this process takes, keeps and gives away. One lives as long as its holder; what it sees comes with the heartbeats. */
import { type Clock } from '@switchyard/kernel';
import { type Client, type Pool } from 'pg';
import { type Logger } from 'pino';
import { closeConnection, isDefiniteFailure, openConnection } from './connection.js';
import { type View } from './holder.js';
import { rendezvous } from './rendezvous.js';
import { type JournalSql } from './rows.sql.js';
import { type JournalSettings } from './types.js';

export interface OwnershipOptions {
  readonly holderId: string;
  readonly process: string;
  readonly units: () => Promise<readonly string[]> | readonly string[];
  readonly pool: Pool;
  readonly schema: string;
  readonly sql: JournalSql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: JournalSettings;
  /** For how long the own holder has seen the others without a pause. */
  beatingForMs(): number;
  /** Recovers units that are this process' now. Failures are tried again by the caller of the library, never here: a unit that rejects stays closed. */
  acquire(units: readonly string[]): Promise<void>;
  /** Closes units for a planned move. */
  release(units: readonly string[]): Promise<void>;
  /** Whether a move was written can't be known: the holder must end. */
  onUnknown(error: unknown): void;
}

type UnitState = 'acquiring' | 'owned' | 'releasing';

export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #states = new Map<string, UnitState>();
  readonly #winners = new Map<string, string | undefined>();
  #winnersFor = '';
  #view: View | undefined;
  #isChecking = false;
  #isMoving = false;
  /** Views that were asked for before this moment don't know of the last change of ours. */
  #changedMs = -Infinity;
  #isEnded = false;
  #hasLooked = false;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  owns(unit: string): boolean {
    return this.#states.get(unit) === 'owned';
  }

  /** Whether it was settled once which units are ours: before that nobody knows what there is to recover. */
  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  /** Units that are ours by the database and not recovered yet. */
  get acquiringCount(): number {
    return [...this.#states.values()].filter((state) => state === 'acquiring').length;
  }

  /** Everything that this process holds or is about to. */
  units(): string[] {
    return [...this.#states.keys()];
  }

  see(view: View): void {
    this.#view = view;
    if (this.#isChecking || this.#isEnded) return;
    this.#isChecking = true;
    this.#checkAll()
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'could not settle who owns what; trying again'))
      .finally(() => (this.#isChecking = false));
  }

  /** Takes nothing and gives nothing any more. Resolves when no move is under way. */
  async end(): Promise<void> {
    this.#isEnded = true;
    while (this.#isMoving || this.#isChecking) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  async #checkAll(): Promise<void> {
    while (this.#view !== undefined && !this.#isEnded) {
      const view = this.#view;
      this.#view = undefined;
      if (view.issuedMs > this.#changedMs) await this.#check(view);
    }
  }

  async #check(view: View): Promise<void> {
    const { holderId, process, settings, units } = this.#options;
    const mine = view.holders.findIndex((holder) => holder.holderId === holderId);
    const former = view.holders.slice(0, mine).filter((holder) => holder.process === process);
    // Who was away itself (stopped, or the database was down) sees only stale heartbeats and must wait for those of the living.
    const canJudge = this.#options.beatingForMs() > settings.holderTimeoutMs;
    const stale = view.holders.filter((holder) => holder.process !== process && holder.ageMs > settings.holderTimeoutMs);
    const dead = new Set([...former, ...(canJudge ? stale : [])].map((holder) => holder.holderId));
    const alive = new Map(view.holders.filter((holder) => !dead.has(holder.holderId)).map((holder) => [holder.process, holder.holderId]));
    const aliveIds = new Set(alive.values());
    this.#rank([...alive.keys()].sort());

    const all = new Set([...(await units()), ...view.ownership.keys()]);
    // A move may have ended while the units were asked for: what the view calls ours may be another's by now. The next heartbeat brings another view.
    if (view.issuedMs <= this.#changedMs) return;
    const free: string[] = [];
    const ours: string[] = [];
    for (const unit of all) {
      const owner = view.ownership.get(unit);
      if (owner === holderId) ours.push(unit);
      else if ((owner === undefined || !aliveIds.has(owner)) && this.#winnerOf(unit) === process) {
        if (owner === undefined || dead.has(owner) || !view.holders.some((holder) => holder.holderId === owner)) free.push(unit);
      }
    }
    // At once, for the same reason: a move may end during the claim.
    this.#acquire(ours);
    const claimed = dead.size > 0 || free.length > 0 ? await this.#claim(former, canJudge ? stale : [], free) : [];
    this.#acquire(claimed ?? []);
    this.#hasLooked ||= claimed !== undefined;
    this.#move(alive);
  }

  /** Marks the dead and takes their units, in one transaction: after it they write nothing, and what they wrote is seen. Undefined when the database refused. */
  async #claim(
    former: readonly { holderId: string }[],
    stale: readonly { holderId: string }[],
    free: readonly string[],
  ): Promise<string[] | undefined> {
    const { holderId, sql, settings, log } = this.#options;
    return this.#transaction(async (client) => {
      const dead = await client.query<{ id: string }>(sql.markDead, [
        former.map((holder) => holder.holderId),
        stale.map((holder) => holder.holderId),
        settings.holderTimeoutMs,
      ]);
      if (dead.rows.length > 0) log.warn({ holders: dead.rows.map((row) => row.id) }, 'took over from dead holders');
      return (await client.query<{ unit: string }>(sql.claim, [holderId, free])).rows.map((row) => row.unit);
    });
  }

  #acquire(ours: readonly string[]): void {
    const units = ours.filter((unit) => !this.#states.has(unit));
    if (units.length === 0 || this.#isEnded) return;
    for (const unit of units) this.#states.set(unit, 'acquiring');
    void this.#options.acquire(units);
  }

  /** The unit is recovered: it counts as owned from now on. */
  opened(unit: string): void {
    if (this.#states.get(unit) === 'acquiring') this.#states.set(unit, 'owned');
  }

  /** Gives units to those who should have them, some at a time, each when it is drained. */
  #move(alive: ReadonlyMap<string, string>): void {
    const { process, settings } = this.#options;
    if (this.#isMoving || this.#isEnded) return;
    const leaving = [...this.#states]
      .filter(([unit, state]) => state === 'owned' && this.#winnerOf(unit) !== process)
      .map(([unit]) => unit);
    const to = leaving[0] === undefined ? undefined : this.#winnerOf(leaving[0]);
    const toId = to === undefined ? undefined : alive.get(to);
    if (toId === undefined) return;
    this.#isMoving = true;
    this.#give(leaving.filter((unit) => this.#winnerOf(unit) === to).slice(0, settings.maxMovesAtATime), toId)
      .catch((error: unknown) => this.#options.onUnknown(error))
      .finally(() => (this.#isMoving = false));
  }

  async #give(units: readonly string[], toId: string): Promise<void> {
    const { holderId, sql, release, log } = this.#options;
    for (const unit of units) this.#states.set(unit, 'releasing');
    await release(units);
    const given = await this.#transaction(async (client) =>
      (await client.query<{ unit: string }>(sql.give, [holderId, toId, units])).rows.map((row) => row.unit),
    );
    log.info({ given: given?.length ?? 0, of: units.length, to: toId }, 'moved units');
    // What could not be given (the other one has gone) is ours still: the next view says so, and it is recovered.
    for (const unit of units) this.#states.delete(unit);
  }

  /**
   * Runs changes of ownership one after another over all processes, on a connection of their own. Undefined when the database refused them, or this
   * holder is dead; throws where it can't be known whether they were written.
   */
  async #transaction<T>(run: (client: Client) => Promise<T>): Promise<T | undefined> {
    const { holderId, pool, schema, sql, settings, clock, log } = this.#options;
    const client = await openConnection(pool, { schema, name: `${schema} ownership`, timeoutMs: settings.appendTimeoutMs * 2 });
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${settings.appendTimeoutMs}`);
      await client.query(sql.ownershipLock, [sql.channel]);
      if ((await client.query(sql.lockAlive, [holderId])).rowCount === 0) return undefined;
      const result = await run(client);
      await client.query('SELECT pg_notify($1, $2)', [sql.channel, holderId]);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      if (!isDefiniteFailure(error)) throw error;
      log.warn({ err: error }, 'ownership could not be changed yet');
      return undefined;
    } finally {
      this.#changedMs = clock.monotonicMs();
      closeConnection(client);
    }
  }

  #rank(names: readonly string[]): void {
    const key = names.join('\n');
    if (key !== this.#winnersFor) this.#winners.clear();
    this.#winnersFor = key;
  }

  #winnerOf(unit: string): string | undefined {
    let winner = this.#winners.get(unit);
    if (winner === undefined) this.#winners.set(unit, (winner = rendezvous(unit, this.#winnersFor.split('\n'))));
    return winner;
  }
}
