// A venue service in this process: the real desk over a log in memory, reached by `Calls` as the venue in another process is. It can be killed and started
// again from its log.
import { CallError, MATCHING_SERVICE, Reason, StatusCode, type Calls, type MessageStream, type ServiceCalls } from '@switchyard/contracts';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import {
  type MatchingServiceDefinition,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { assert, systemClock, type Clock } from '@switchyard/kernel';
import { FastEngine } from '../engine/index.js';
import { makerDefaults } from '../maker.js';
import { VenueDesk, type VenueDeskOptions } from '../venue-desk.js';
import { Venue } from '../venue.js';
import { linkedStreams, type LinkedStreams, type Wire } from './linked-streams.js';
import { MemoryVenueLog } from './memory-venue-log.js';
import { command, INFY, TCS } from './venue-builder.js';

export class InProcessVenue {
  readonly log = new MemoryVenueLog();
  /** Between the sessions and the venue. */
  readonly wire: Wire<TradeRequest, TradeResponse> = {};
  /** How far the venue's clock is ahead of the machine's: what is due by time becomes due. */
  aheadMs = 0;
  #clock: Clock = systemClock;
  readonly #quotes = new Map<string, Quote>();
  readonly #streams = new Set<LinkedStreams<TradeRequest, TradeResponse>>();
  readonly #simulation: Pick<VenueDeskOptions, 'takers' | 'latency' | 'takesOrders'>;
  #desk: VenueDesk | undefined;
  /** Why the log failed, as the desk told it. */
  failure: unknown;

  constructor(simulation: Pick<VenueDeskOptions, 'takers' | 'latency' | 'takesOrders'> = {}) {
    this.#simulation = simulation;
  }

  /** Starts, or starts again, from what the log holds. */
  async start(): Promise<void> {
    const venue = new Venue(new FastEngine());
    for await (const events of this.log.read(1)) for (const { event } of events) venue.apply(event);
    this.#desk = new VenueDesk({
      venue,
      log: this.log,
      clock: { nowMs: () => this.#clock.nowMs() + this.aheadMs, monotonicMs: () => this.#clock.monotonicMs() + this.aheadMs },
      quoteOf: (instrumentId) => this.#quotes.get(instrumentId),
      maker: makerDefaults,
      nextTurn: (run) => void setImmediate(run),
      later: (delayMs, run) => void setTimeout(run, delayMs),
      ...this.#simulation,
      onFailure: (error) => {
        this.failure = error;
      },
    });
    for (const instrumentId of [INFY, TCS]) await this.desk.submit(command.list(instrumentId).command);
  }

  /** From here on time goes by `aheadMs` alone, however slow the machine is. */
  stopClock(): void {
    const [nowMs, monotonicMs] = [systemClock.nowMs(), Math.floor(systemClock.monotonicMs())];
    this.#clock = { nowMs: () => nowMs, monotonicMs: () => monotonicMs };
  }

  /** As SIGKILL does: every connection breaks, what is not durable is gone. */
  kill(): void {
    this.cutStreams();
    this.#desk?.close(new CallError('killed', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE }));
    this.#desk = undefined;
  }

  get desk(): VenueDesk {
    assert(this.#desk !== undefined, 'the venue runs');
    return this.#desk;
  }

  /** A quote, which the maker shows before the next order and by `refresh`. Levels as "price x qty" words. */
  quote(instrumentId: string, bids: string, asks: string): void {
    const levels = (text: string): { price: string; qty: string }[] =>
      text.split(' ').map((word) => ({ price: word.split('x')[0] ?? '', qty: word.split('x')[1] ?? '' }));
    const seq = (this.#quotes.get(instrumentId)?.seq ?? 0) + 1;
    const quote: Quote = {
      instrumentId,
      seq,
      atMs: 0,
      lastPx: '',
      bids: levels(bids),
      asks: levels(asks),
      previousClose: '',
      source: 'test',
    };
    this.#quotes.set(instrumentId, quote);
  }

  /** Sets the maker's levels as they are, past any quote. */
  async show(instrumentId: string, bids: string, asks: string): Promise<void> {
    await this.desk.submit(command.maker(instrumentId, bids, asks).command);
  }

  refresh(): void {
    this.desk.simulate(this.#quotes.keys());
  }

  /** Breaks every connection; what is under way on them is lost. */
  cutStreams(): void {
    for (const link of this.#streams) link.cut();
    this.#streams.clear();
  }

  get calls(): Calls {
    const matching: ServiceCalls<MatchingServiceDefinition> = {
      trade: () => {
        const link = linkedStreams(this.wire);
        this.#streams.add(link);
        if (this.#desk === undefined) link.cut();
        else this.#desk.trade(link.server);
        return link.caller;
      },
      placeOrder: async ({ sessionId, order: value }) =>
        this.#reached().request(sessionId, toCommand(value && { $case: 'newOrder', value })),
      cancelOrder: async ({ sessionId, cancel: value }) =>
        this.#reached().request(sessionId, toCommand(value && { $case: 'cancel', value })),
      replaceOrder: async ({ sessionId, replace: value }) =>
        this.#reached().request(sessionId, toCommand(value && { $case: 'replace', value })),
      massCancel: async (request) => ({ canceledCount: await this.#reached().massCancel(request) }),
      setPhase: (request) => this.#reached().setPhase(request),
      streamDepth: (request) => this.#open((stream) => this.#reached().streamDepth(request, stream)),
      streamExecutions: (request) => this.#open((stream) => this.#reached().streamExecutions(request, stream)),
      getOrderByTag: ({ sessionId, tag, fromSeq }) => this.#reached().orderByTag(sessionId, tag, fromSeq),
      getPosition: async ({ brokerAccountId, instrumentId }) => ({ netQty: await this.#reached().position(brokerAccountId, instrumentId) }),
      getDepth: async ({ instrumentId, levels }) => (await this.#reached().depth(instrumentId, levels)) ?? { bids: [], asks: [] },
    };
    const of = (contract: { readonly token: symbol }): never => {
      assert(contract.token === MATCHING_SERVICE.token, 'the in-process venue serves matching alone');
      return matching as never;
    };
    return { any: of, at: of, addressesOf: () => [] };
  }

  /** A stream that the venue answers with. */
  #open<Message>(serve: (stream: MessageStream<never, Message>) => void): MessageStream<Message, never> {
    const link = linkedStreams<never, Message>();
    try {
      serve(link.server);
    } catch (error) {
      link.server.cancel(error as CallError);
    }
    return link.caller;
  }

  #reached(): VenueDesk {
    if (this.#desk === undefined) throw new CallError('nobody listens', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
    return this.#desk;
  }
}

function toCommand(command: VenueCommand['command']): VenueCommand {
  return { command, traceparent: '' };
}
