// Runs the venue in the one process that holds its folder; the others stand by. The unit in the journal says to everybody who that is; the lock of the folder makes it so.
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, MATCHING_TOPIC, Reason, StatusCode, type Calls } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type VenueDesk } from '@switchyard/matching-core';
import { VenueFolderError } from '@switchyard/matching-wal/venue';
import { type EventBus } from '@switchyard/platform/bus';
import { Journal, type UnitHooks, type UnitOwner } from '@switchyard/platform/journal';
import { type Lifecycle, type ProcessInfo } from '@switchyard/platform/run-roles';
import { type StopTick, type Tick } from '@switchyard/platform/tick';
import { tracePort } from '@switchyard/platform/telemetry';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { databaseIdOf, markDatabase, markedDatabaseOf } from './folder-mark.js';
import { HeldVenue } from './held-venue.js';
import { type MatchingConfig } from './matching.config.js';
import { OpenVenue } from './open-venue.js';
import { isWorthTaping, lastTaped, Tape, type Taped, VENUE_UNIT } from './tape.js';

const dayEndCheckMs = 30_000;
const reopenWaitMs = 1_000;

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

/** The venue that this process runs. */
interface Running {
  readonly open: OpenVenue;
  readonly tape: Tape;
  readonly held: HeldVenue;
}

export class VenueHost implements Lifecycle, UnitHooks {
  readonly #options: VenueHostOptions;
  readonly #journal: Journal;
  /** Recovered, and not open yet. */
  #held: HeldVenue | undefined;
  #running: Running | undefined;
  /** What is being recovered can be given up by it. */
  #recovering: AbortController | undefined;
  /** One after the other: giving the folder back, taking it. */
  #turn: Promise<unknown> = Promise.resolve();
  /** What is waited for, in words. */
  #state = 'The venue is being started.';
  /** Why the last attempt to recover failed; the next one follows. */
  #trouble: string | undefined;
  /** Why the venue stays closed until a person has looked. */
  #closedBecause: string | undefined;
  #isStopping = false;
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
      publish: () => [MATCHING_TOPIC],
      ...(bus === undefined ? {} : { bus }),
      clock,
      log,
      trace: tracePort,
      settings: { heartbeatMs: config.heartbeatMs, holderTimeoutMs: config.holderTimeoutMs },
    });
    this.#journal.onOwnershipChanged((unit, owner) => {
      if (unit === VENUE_UNIT) this.#ownerChanged(owner);
    });
  }

  /** The desk of the venue. @throws CallError NOT_OWNER with the owner's address, or NOT_READY while nobody runs it, or orders would not find what they look for. */
  desk(): VenueDesk {
    return this.#deskWhere((open) => open.ready());
  }

  /** The same for what needs no quotes: what the venue knows from its log, and what takes orders away. */
  deskWithoutQuotes(): VenueDesk {
    return this.#deskWhere((open) => open.hasInstruments());
  }

  #deskWhere(ready: (open: OpenVenue) => true | string): VenueDesk {
    if (this.#running !== undefined) {
      const { open } = this.#running;
      const waitsFor = ready(open);
      if (waitsFor === true) return open.desk;
      throw new CallError(waitsFor, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    }
    const owner = this.#journal.ownerOf(VENUE_UNIT);
    // A former life of this process is not somewhere else to go to.
    if (owner === undefined || this.#isOurs(owner)) {
      throw new CallError(this.#closedBecause ?? 'the venue is being started', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    }
    throw new CallError(`${owner.process} runs the venue`, {
      code: StatusCode.FAILED_PRECONDITION,
      reason: Reason.NOT_OWNER,
      metadata: { address: owner.address },
    });
  }

  async start(): Promise<void> {
    await this.#journal.start();
    this.#stopTick = await this.#options.tick.every('matching.day-end', dayEndCheckMs, async () => this.#running?.open.endDay());
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#stopTick?.();
    this.#recovering?.abort();
    await this.#journal.stop();
    await this.#close();
  }

  ready(): true | string {
    if (this.#closedBecause !== undefined) return this.#closedBecause;
    if (this.#running !== undefined) return this.#running.open.ready();
    if (this.#recovering !== undefined) return this.#trouble === undefined ? this.#state : `${this.#state} ${this.#trouble}`;
    if (this.#trouble !== undefined) return this.#trouble;
    const journal = this.#journal.ready();
    if (journal !== true) return journal;
    const owner = this.#journal.ownerOf(VENUE_UNIT);
    if (owner === undefined) return 'Nobody runs the venue yet.';
    return this.#isOurs(owner) ? this.#state : true;
  }

  /** The unit is ours. Where the venue went on without the database, only the tape has to follow. */
  async acquired(): Promise<{ keySeqs: ReadonlyMap<string, number> }> {
    await this.#recover();
    const { seq } = await this.#journal.last(VENUE_UNIT);
    return { keySeqs: new Map([[VENUE_UNIT, seq]]) };
  }

  released(): Promise<void> {
    return this.#close();
  }

  /** Without its database the venue goes on: nobody else has its folder. Who took the unit over gets the folder too. */
  lost(reason: string, isFenced: boolean): void {
    this.#recovering?.abort();
    this.#trouble = undefined;
    if (isFenced || this.#running === undefined) void this.#close(moved(reason));
    else this.#options.log.warn({ reason }, 'the venue goes on without its journal; the tape follows when it is back');
  }

  #isOurs({ process }: UnitOwner): boolean {
    return process === this.#options.process.name;
  }

  #ownerChanged(owner: UnitOwner | undefined): void {
    if (this.#journal.owns(VENUE_UNIT)) return this.#begin();
    if (owner === undefined || this.#isOurs(owner)) return;
    // It was taken over while the database was out of reach for us. The new owner waits for the folder.
    this.#recovering?.abort();
    if (this.#running !== undefined || this.#held !== undefined) void this.#close(moved(`${owner.process} has it`));
  }

  /** From the folder to a venue that can be opened. Returns without one where it stays closed. */
  #recover(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held !== undefined || this.#running !== undefined || this.#closedBecause !== undefined || this.#isStopping) return;
      const { config, process, clock, log } = this.#options;
      const recovering = (this.#recovering = new AbortController());
      let held: HeldVenue | undefined;
      try {
        const onState = (text: string): void => void (this.#state = text);
        held = await HeldVenue.open({ config, processName: process.name, clock, log, signal: recovering.signal, onState });
        await this.#requireOwnDatabase(held);
        recovering.signal.throwIfAborted();
        this.#held = held;
        this.#trouble = undefined;
      } catch (error) {
        await held?.close();
        if (!(error instanceof VenueFolderError)) {
          if (!recovering.signal.aborted)
            this.#trouble = `The venue could not be recovered, and tries again: ${error instanceof Error ? error.message : String(error)}`;
          throw error;
        }
        this.#closedBecause = `The venue stays closed. ${error.message}`;
        log.fatal({ err: error }, 'the venue stays closed until somebody has looked at its folder');
      } finally {
        this.#recovering = undefined;
      }
    });
  }

  /** Folder and database belong together; from here on the folder says so. */
  async #requireOwnDatabase(held: HeldVenue): Promise<void> {
    const { pool, config } = this.#options;
    const databaseId = await databaseIdOf(pool);
    const isMarked = markedDatabaseOf(config.folder) === databaseId;
    const taped = await lastTaped(this.#journal);
    if (taped !== undefined) await this.#requireOwnTape(held, taped);
    // A venue that died before its tape had anything finds its own mark.
    else if (!isMarked) await this.#requireNothingTold(held);
    if (!isMarked) markDatabase(config.folder, databaseId);
  }

  /** An empty database wants an empty folder: what sessions were told there, nobody here placed. */
  async #requireNothingTold({ recovered: { log } }: HeldVenue): Promise<void> {
    const { folder } = this.#options.config;
    for await (const events of log.readStored(1)) {
      if (events.some(({ bytes }) => isWorthTaping(bytes)))
        throw new VenueFolderError(
          `There are orders in ${folder}, and the tape in the database is empty: the folder belongs to another database. Give the venue its own folder by MATCHING_FOLDER, ` +
            'or its database back; or begin anew, with an empty folder and an empty database ("npm run reset" for a development machine).',
        );
    }
  }

  /** What is on the tape, sessions were told: a folder that does not have it is another venue's, or an old copy. */
  async #requireOwnTape({ recovered: { log } }: HeldVenue, taped: Taped): Promise<void> {
    const { folder } = this.#options.config;
    if (taped.seq === 0)
      throw new VenueFolderError(
        'The database holds the venue\'s log as an earlier version kept it, which this one does not take over. Begin anew with an empty database ("npm run reset" for a ' +
          'development machine), or run the earlier version.',
      );
    for await (const [event] of log.readStored(taped.seq, 1)) if (event?.bytes.equals(taped.payload) === true) return;
    throw new VenueFolderError(
      `The tape in the database ends with event ${taped.seq}, which is not so in ${folder} (its last event is ${log.lastSeq}): it is the folder of another venue, or an old ` +
        'copy. Give the venue its own folder by MATCHING_FOLDER; or begin anew, with an empty folder and an empty database ("npm run reset" for a development machine).',
    );
  }

  /** Opens the venue, or has its tape go on, once the journal takes appends. */
  #begin(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) {
      const { log: venueLog } = held.recovered;
      const tape = new Tape({ journal: this.#journal, venueLog, log: this.#options.log });
      const open: OpenVenue = new OpenVenue({
        ...this.#options,
        recovered: held.recovered,
        onAppended: (events, stored, firstSeq) => tape.take(events, stored, firstSeq),
        onFailure: (error) => {
          if (this.#running?.open === open) this.#failed(error);
        },
      });
      this.#running = { open, tape, held };
    }
    this.#running?.tape.start();
  }

  /** Ends the venue here, in order or at once, and gives its folder back. */
  #close(error?: CallError): Promise<void> {
    const { log } = this.#options;
    const running = this.#running;
    const held = running?.held ?? this.#held;
    this.#running = undefined;
    this.#held = undefined;
    this.#state = 'The venue is being started.';
    if (error !== undefined) running?.open.drop(error);
    return this.#inTurn(async () => {
      if (error === undefined) await running?.open.settle();
      await running?.tape.stop(error === undefined ? reopenWaitMs : 0);
      await (error === undefined ? running?.open.stop() : running?.open.whenKept());
      await held?.close();
    }).catch((cause: unknown) => log.error({ err: cause }, 'the venue did not close in order'));
  }

  /** The log failed, or the venue broke. Its folder shows what it is: recovery goes on from there, or finds that it can't. */
  #failed(error: unknown): void {
    const { log, config } = this.#options;
    const commandSeq = this.#running?.held.recovered.log.lastRecordedSeq;
    log.error(
      { err: error, commandSeq, folder: config.folder },
      'the venue failed at this command or while it was made durable; it is closed until it was recovered',
    );
    void this.#close(new CallError('the venue failed', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, cause: error }));
    void this.#reopen();
  }

  async #reopen(): Promise<void> {
    while (!this.#isStopping && this.#journal.owns(VENUE_UNIT) && this.#running === undefined && this.#closedBecause === undefined) {
      try {
        await this.#recover();
        if (this.#journal.owns(VENUE_UNIT)) this.#begin();
      } catch (error) {
        this.#options.log.error({ err: error }, 'the venue could not be recovered; trying again');
        await sleep(reopenWaitMs);
      }
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function moved(reason: string): CallError {
  return new CallError(`the venue moves: ${reason}`, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
}
