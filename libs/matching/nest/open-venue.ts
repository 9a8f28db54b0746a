// The venue while this process runs it: its desk, and what it follows (instruments, quotes, the clock).
import { INSTRUMENT_SERVICE, MARKET_DATA_SERVICE, type CallError, type Calls } from '@switchyard/contracts';
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Clock } from '@switchyard/kernel';
import { VenueDesk, type PhaseSchedule } from '@switchyard/matching-core';
import { openSpan } from '@switchyard/platform/telemetry';
import { StreamFollower } from '@switchyard/platform/calls';
import { keepVenueSnapshot, type RecoveredVenue } from '@switchyard/matching-wal/venue';
import { type Logger } from 'pino';
import { listingOf } from './listing.js';
import { phaseScheduleOf, simulationOf, type MatchingConfig } from './matching.config.js';
import { PhaseKeeper } from './phase-keeper.js';
import { ToldVenueLog, type AppendedHandler } from './told-venue-log.js';
import { lastEndedDay } from './trading-day.js';

export interface OpenVenueOptions {
  readonly recovered: RecoveredVenue;
  readonly config: MatchingConfig;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onAppended: AppendedHandler;
  /** The venue broke, or its log failed: this one is over. */
  readonly onFailure: (error: unknown) => void;
}

/** After a longer replay than this a start keeps a snapshot at once. */
const replayedMax = 20_000;
/** How often the clock is looked at. */
const timeEveryMs = 1_000;

export class OpenVenue {
  readonly desk: VenueDesk;
  readonly #options: OpenVenueOptions;
  readonly #quotes = new Map<string, Quote>();
  readonly #followed: readonly { start(): void; stop(): void }[];
  readonly #schedule: PhaseSchedule | undefined;
  readonly #phases: PhaseKeeper | undefined;
  readonly #timers: readonly NodeJS.Timeout[];
  #snapshotAt: number;
  #keeping: Promise<void> | undefined;
  #hasQuotes = false;

  constructor(options: OpenVenueOptions) {
    const { recovered, config, calls, clock, log, onAppended, onFailure } = options;
    this.#options = options;
    this.#snapshotAt = recovered.snapshotSeq;
    this.desk = new VenueDesk({
      venue: recovered.venue,
      log: new ToldVenueLog(recovered.log, onAppended),
      clock,
      quoteOf: (instrumentId) => this.#quotes.get(instrumentId),
      ...simulationOf(config),
      nextTurn: (run) => void setImmediate(run),
      later: (delayMs, run) => void setTimeout(run, delayMs),
      openSpan: (traceparent) => openSpan(traceparent, 'venue command'),
      takesOrders: () => this.#hasQuotes,
      onFailure,
      onUnreadable: (error, sessionId, executionSeq) =>
        log.error({ err: error, sessionId, executionSeq }, "the venue's log can't be read: a session's executions are not told"),
    });
    const schedule = (this.#schedule = phaseScheduleOf(config));
    const phaseNotSet = (error: unknown): void => log.debug({ err: error }, 'a phase was not set: the venue closed');
    this.#phases = schedule && new PhaseKeeper({ desk: this.desk, schedule, clock, onFailure: phaseNotSet });
    this.#followed = [
      new StreamFollower({
        what: 'the instruments',
        log,
        open: () => calls.any(INSTRUMENT_SERVICE).watchInstruments({}, {}),
        take: ({ instruments, snapshotEnd }) => {
          for (const instrument of instruments) this.#list(instrument);
          return snapshotEnd;
        },
      }),
      new StreamFollower({
        what: 'the quotes',
        log,
        open: () => calls.any(MARKET_DATA_SERVICE).streamQuotes({ instrumentIds: [] }, {}),
        take: ({ quotes, snapshotEnd }) => {
          for (const quote of quotes) this.#quotes.set(quote.instrumentId, quote);
          if (snapshotEnd && !this.#hasQuotes) {
            this.#hasQuotes = true;
            this.desk.ordersTaken();
          }
          return snapshotEnd;
        },
      }),
    ];
    this.#begin();
    for (const followed of this.#followed) followed.start();
    this.#timers = [setInterval(() => this.#refresh(), config.makerRefreshMs), setInterval(() => this.#tellTime(), timeEveryMs)];
    if (recovered.replayedCount > replayedMax) void this.keepSnapshot();
  }

  /** True when orders find what they look for: instruments, and the maker's quotes. From then on it stays true. */
  ready(): true | string {
    const hasInstruments = this.hasInstruments();
    return hasInstruments !== true || this.#hasQuotes ? hasInstruments : 'The venue waits for the quotes.';
  }

  /** True when there are instruments, those of its log or new ones: it can have orders. */
  hasInstruments(): true | string {
    return this.#options.recovered.venue.instrumentsCount > 0 ? true : 'The venue waits for the instruments.';
  }

  /** Ends the trading day that is over, once. */
  async endDay(): Promise<void> {
    const { clock, config } = this.#options;
    await this.desk.endDay(lastEndedDay(clock.nowMs(), config.dayEndUtc));
  }

  /** Keeps what is durable now; a failure costs the next start time, and nothing else. */
  keepSnapshot(): Promise<void> {
    this.#keeping ??= this.#keep().finally(() => (this.#keeping = undefined));
    return this.#keeping;
  }

  /** Until this resolves a snapshot may be under way: the folder is not to be given away. */
  async whenKept(): Promise<void> {
    await this.#keeping;
  }

  /** Takes nothing more; resolves when what was taken is durable and told. */
  async settle(): Promise<void> {
    this.#leave();
    await this.desk.settle();
  }

  /** After `settle`: keeps a snapshot, and ends the streams. */
  async stop(): Promise<void> {
    await this.whenKept();
    await this.keepSnapshot();
    this.desk.close();
  }

  /** At once. */
  drop(error: CallError): void {
    this.#leave();
    this.desk.close(error);
  }

  /** Comes before any order of now: a day that ended meanwhile takes none along, and none meets the quotes of then, or trades where the clock says that none does. */
  #begin(): void {
    const { recovered, log } = this.#options;
    this.endDay().catch((error: unknown) => log.debug({ err: error }, 'the day was not ended: the venue closed'));
    this.desk.simulate(recovered.venue.instrumentIds);
    this.#phases?.keep(recovered.venue.instrumentIds);
  }

  async #keep(): Promise<void> {
    const { recovered, config, log } = this.#options;
    try {
      this.#snapshotAt = recovered.log.lastSeq;
      await keepVenueSnapshot(config.folder, recovered.log, await this.desk.whenDurable((venue) => venue.snapshotParts()));
    } catch (error) {
      log.error({ err: error }, 'a snapshot of the venue could not be kept: until one is, each start replays all commands since the last');
    }
  }

  #leave(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const one of this.#followed) one.stop();
  }

  #list(instrument: Instrument): void {
    const { log, config, clock } = this.#options;
    const { instrumentId } = instrument;
    const { phase } = this.#schedule?.at(clock.nowMs()) ?? {};
    this.desk.list(listingOf(instrument, config.bandPercent), phase).catch((error: unknown) => {
      log.debug({ err: error, instrumentId }, 'an instrument was not listed: the venue closed');
    });
  }

  /** What goes by the clock. */
  #tellTime(): void {
    this.desk.tellTime();
    this.#phases?.keep(this.#options.recovered.venue.instrumentIds);
  }

  #refresh(): void {
    const { recovered, config } = this.#options;
    this.desk.simulate(this.#quotes.keys());
    if (recovered.log.lastSeq - this.#snapshotAt >= config.snapshotEveryEvents) void this.keepSnapshot();
  }
}
