// Runs the venue in the one process that owns it; the others stand by.
import { CallError, MATCHING_TOPIC, Reason, StatusCode, type Calls } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type VenueDesk } from '@switchyard/matching-core';
import { type EventBus } from '@switchyard/platform/bus';
import { Journal, type UnitHooks } from '@switchyard/platform/journal';
import { type Lifecycle, type ProcessInfo } from '@switchyard/platform/run-roles';
import { type StopTick, type Tick } from '@switchyard/platform/tick';
import { tracePort } from '@switchyard/platform/telemetry';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { hasExecutions, JournalVenueLog, VENUE_UNIT } from './journal-venue-log.js';
import { type MatchingConfig } from './matching.config.js';
import { OpenVenue } from './open-venue.js';
import { lastEndedDay } from './trading-day.js';
import { recoverVenue, type RecoveredVenue } from './venue-recovery.js';

const dayEndCheckMs = 30_000;

export interface VenueHostOptions {
  readonly config: MatchingConfig;
  readonly pool: Pool;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus?: EventBus;
  readonly tick: Tick;
  readonly process: ProcessInfo;
}

export class VenueHost implements Lifecycle, UnitHooks {
  readonly #options: VenueHostOptions;
  readonly #journal: Journal;
  #recovered: RecoveredVenue | undefined;
  #open: OpenVenue | undefined;
  #stopTick: StopTick | undefined;

  constructor(options: VenueHostOptions) {
    const { pool, process, bus, clock, log, config } = options;
    this.#options = options;
    this.#journal = new Journal({
      schema: 'matching',
      pool,
      process,
      units: () => [VENUE_UNIT],
      hooks: this,
      publish: ({ payload }) => (hasExecutions(payload) ? [MATCHING_TOPIC] : []),
      ...(bus === undefined ? {} : { bus }),
      clock,
      log,
      trace: tracePort,
      settings: { heartbeatMs: config.heartbeatMs, holderTimeoutMs: config.holderTimeoutMs },
    });
    this.#journal.onOwnershipChanged((unit) => {
      if (unit === VENUE_UNIT) this.#begin();
    });
  }

  /** The desk of the venue. @throws CallError NOT_OWNER with the owner's address, or NOT_READY while nobody runs it. */
  desk(): VenueDesk {
    if (this.#open !== undefined) return this.#open.desk;
    const owner = this.#journal.ownerOf(VENUE_UNIT);
    // A former life of this process is not somewhere else to go to.
    if (owner === undefined || owner.process === this.#options.process.name) {
      throw new CallError('the venue is being started', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    }
    throw new CallError(`${owner.process} runs the venue`, {
      code: StatusCode.FAILED_PRECONDITION,
      reason: Reason.NOT_OWNER,
      metadata: { address: owner.address },
    });
  }

  async start(): Promise<void> {
    await this.#journal.start();
    this.#stopTick = await this.#options.tick.every('matching.day-end', dayEndCheckMs, () => this.#endDay());
  }

  async stop(): Promise<void> {
    await this.#stopTick?.();
    await this.#journal.stop();
  }

  ready(): true | string {
    const journal = this.#journal.ready();
    if (journal !== true) return journal;
    if (this.#open !== undefined) return this.#open.ready();
    return this.#journal.ownerOf(VENUE_UNIT) === undefined ? 'Nobody runs the venue yet.' : true;
  }

  async acquired(): Promise<{ keySeqs: ReadonlyMap<string, number> }> {
    const { pool, clock, log } = this.#options;
    const beganMs = clock.monotonicMs();
    this.#recovered = await recoverVenue(this.#journal, pool);
    const { venue, replayedCount } = this.#recovered;
    log.info({ seq: venue.seq, replayedCount, tookMs: Math.round(clock.monotonicMs() - beganMs) }, 'the venue was recovered');
    return { keySeqs: new Map([[VENUE_UNIT, venue.seq]]) };
  }

  async released(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#recovered = undefined;
    await open?.stop();
  }

  lost(reason: string): void {
    this.#open?.drop(new CallError(`the venue moves: ${reason}`, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY }));
    this.#open = undefined;
    this.#recovered = undefined;
  }

  /** Opens the venue once the journal takes its appends. */
  #begin(): void {
    if (this.#recovered === undefined || !this.#journal.owns(VENUE_UNIT)) return;
    const recovered = this.#recovered;
    this.#recovered = undefined;
    this.#open = new OpenVenue({ ...this.#options, recovered, venueLog: new JournalVenueLog(this.#journal, recovered.hash) });
    // Before any order of now: a day that ended while nobody ran the venue must not take it along.
    this.#endDay().catch((error: unknown) => this.#options.log.debug({ err: error }, 'the day was not ended: the venue closed'));
  }

  async #endDay(): Promise<void> {
    const { clock, config } = this.#options;
    await this.#open?.desk.endDay(lastEndedDay(clock.nowMs(), config.dayEndUtc));
  }
}
