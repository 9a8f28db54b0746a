// What the venue knows, apart from the books, and its form as a snapshot.
import { OrdType, TimeInForce, type Side } from '@switchyard/contracts';
import { type Level } from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import { type MatchingEngine, type RestingOrder } from './engine.js';
import { Increments } from './increments.js';

/** An instrument that the venue trades, and its maker's levels. */
export interface Listing {
  readonly instrumentId: string;
  /** The book's number in the engine. */
  readonly book: number;
  increments: Increments;
  maker: MakerLevels;
}

/** What the maker shows. */
export interface MakerLevels {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly orderIds: readonly number[];
  /** Something of it was traded since it was set. */
  isTouched: boolean;
}

export const noMakerLevels: Omit<MakerLevels, 'isTouched'> = { bids: [], asks: [], orderIds: [] };

/** An order that is not final. */
export interface LiveOrder {
  readonly sessionId: string;
  readonly tag: string;
  readonly orderId: number;
  readonly brokerAccountId: string;
  readonly listing: Listing;
  readonly side: Side.BUY | Side.SELL;
  readonly ordType: OrdType.LIMIT | OrdType.MARKET;
  readonly timeInForce: TimeInForce.DAY | TimeInForce.IOC | TimeInForce.FOK;
  /** Lots, in all. */
  orderLots: number;
  cumLots: number;
  /** Ticks; 0 for MARKET. */
  priceTicks: number;
}

/** Where the executions of an order, and of all requests about it, are: event numbers of the venue, rising. */
export interface History {
  /** The session that sent the requests. */
  readonly sessionId: string;
  /** Tag of the order; of a request that named no known order, its own. */
  readonly orderTag: string;
  readonly eventSeqs: number[];
}

/** A session's executions. */
export interface SessionRecord {
  lastSeq: number;
  /** For execution 1, 1 + n, 1 + 2n …: the number of the event that holds it. */
  readonly checkpoints: number[];
}

/** Every how many executions of a session the venue notes in which event they are. */
export const checkpointEvery = 256;

type RestingRow = readonly [orderId: number, book: number, side: Side.BUY | Side.SELL, price: number, qty: number];
type LiveRow = readonly [orderId: number, sessionId: string, tag: string, brokerAccountId: string, orderLots: number, cumLots: number];

/** A tag with its own history (session, events), or one that shares the history of the order that it names. */
export type HistoryRow = readonly [tag: string, sessionId: string, eventSeqs: readonly number[]] | readonly [tag: string, orderTag: string];

/** What changes size with what is open, not with what has ever been. */
export interface VenueSnapshotHead {
  readonly version: 1;
  readonly seq: number;
  readonly ordersCount: number;
  readonly tradesCount: number;
  readonly tradingDate: string;
  readonly listings: readonly {
    readonly instrumentId: string;
    readonly tickSize: string;
    readonly lotSize: string;
    readonly maker: MakerLevels;
  }[];
  readonly sessions: readonly (readonly [sessionId: string, lastSeq: number, checkpoints: readonly number[]])[];
  readonly resting: readonly RestingRow[];
  readonly live: readonly LiveRow[];
  /** Key (account/instrument) and scaled quantity. */
  readonly positions: readonly (readonly [key: string, qty: string])[];
}

/** The venue at one event, as JSON. Equal states give equal texts. */
export interface VenueSnapshot extends VenueSnapshotHead {
  /** In the order in which the venue saw the tags. */
  readonly histories: readonly HistoryRow[];
}

/** The venue's memory. Its maps are changed by `Venue` alone. */
export class VenueState {
  /** Number of the last event. */
  seq = 0;
  ordersCount = 0;
  tradesCount = 0;
  /** The last trading date that ended; empty before the first. */
  tradingDate = '';
  readonly listings = new Map<string, Listing>();
  readonly sessions = new Map<string, SessionRecord>();
  readonly liveByOrderId = new Map<number, LiveOrder>();
  readonly liveByTag = new Map<string, LiveOrder>();
  readonly histories = new Map<string, History>();
  readonly positions = new Map<string, bigint>();
  /** By book: how many orders of sessions rest in it. */
  readonly restingCount: number[] = [];

  addLive(order: LiveOrder): void {
    this.liveByOrderId.set(order.orderId, order);
    this.liveByTag.set(order.tag, order);
    const { book } = order.listing;
    this.restingCount[book] = (this.restingCount[book] ?? 0) + 1;
  }

  removeLive(order: LiveOrder): void {
    const known = this.liveByOrderId.delete(order.orderId) && this.liveByTag.delete(order.tag);
    assert(known, 'an order ends once');
    const { book } = order.listing;
    this.restingCount[book] = (this.restingCount[book] as number) - 1;
  }

  historyOf(order: LiveOrder): History {
    const history = this.histories.get(order.tag);
    assert(history !== undefined, 'every order has a history');
    return history;
  }

  addPosition(brokerAccountId: string, instrumentId: string, qty: bigint): void {
    const key = positionKey(brokerAccountId, instrumentId);
    this.positions.set(key, (this.positions.get(key) ?? 0n) + qty);
  }

  /** Parts of it live on: make it a text before the next command. */
  snapshotHead(engine: MatchingEngine): VenueSnapshotHead {
    const resting: RestingRow[] = [];
    const live: LiveRow[] = [];
    for (const { orderId, book, side, price, qty } of engine.resting()) {
      resting.push([orderId, book, side, price, qty]);
      const order = this.liveByOrderId.get(orderId);
      if (order !== undefined) live.push([orderId, order.sessionId, order.tag, order.brokerAccountId, order.orderLots, order.cumLots]);
    }
    assert(live.length === this.liveByOrderId.size, 'between two commands every live order rests in its book');
    return {
      version: 1,
      seq: this.seq,
      ordersCount: this.ordersCount,
      tradesCount: this.tradesCount,
      tradingDate: this.tradingDate,
      listings: [...this.listings.values()].map(({ instrumentId, increments, maker }) => ({
        instrumentId,
        tickSize: increments.tickSize,
        lotSize: increments.lotSize,
        maker,
      })),
      sessions: [...this.sessions].map(([sessionId, { lastSeq, checkpoints }]) => [sessionId, lastSeq, checkpoints]),
      resting,
      live,
      positions: [...this.positions].map(([key, qty]) => [key, qty.toString()]),
    };
  }

  /**
   * The histories as they are now, to be read at leisure: they only grow, so what comes later is left out while reading, and a venue with a long past
   * need not stand still for it.
   */
  historyRows(): Iterable<HistoryRow> {
    return historyRowsUpTo(this.histories, this.histories.size, this.seq);
  }

  /** Builds the state, and the books in an empty engine, from a snapshot. */
  static restore(snapshot: VenueSnapshot, engine: MatchingEngine): VenueState {
    const state = new VenueState();
    state.seq = snapshot.seq;
    state.ordersCount = snapshot.ordersCount;
    state.tradesCount = snapshot.tradesCount;
    state.tradingDate = snapshot.tradingDate;
    const books: Listing[] = [];
    for (const { instrumentId, tickSize, lotSize, maker } of snapshot.listings) {
      const increments = Increments.parse(tickSize, lotSize);
      assert(increments.ok, "a snapshot's increments are valid");
      const listing: Listing = { instrumentId, book: books.length, increments: increments.value, maker: { ...maker } };
      books.push(listing);
      state.listings.set(instrumentId, listing);
    }
    for (const [sessionId, lastSeq, checkpoints] of snapshot.sessions)
      state.sessions.set(sessionId, { lastSeq, checkpoints: [...checkpoints] });
    const rest = new Map(snapshot.resting.map((row) => [row[0], row]));
    for (const [orderId, book, side, price, qty] of snapshot.resting) placeAgain(engine, { orderId, book, side, price, qty });
    for (const [orderId, sessionId, tag, brokerAccountId, orderLots, cumLots] of snapshot.live) {
      const row = rest.get(orderId);
      const listing = row && books[row[1]];
      assert(row !== undefined && listing !== undefined, 'every live order of a snapshot rests in a book');
      // Only a LIMIT order for the day ever rests.
      const [ordType, timeInForce] = [OrdType.LIMIT, TimeInForce.DAY] as const;
      state.addLive({
        orderId,
        sessionId,
        tag,
        brokerAccountId,
        listing,
        side: row[2],
        ordType,
        timeInForce,
        orderLots,
        cumLots,
        priceTicks: row[3],
      });
    }
    for (const row of snapshot.histories) {
      if (row.length === 3) {
        const [tag, sessionId, eventSeqs] = row;
        state.histories.set(tag, { sessionId, orderTag: tag, eventSeqs: [...eventSeqs] });
      } else {
        const [tag, orderTag] = row;
        const shared = state.histories.get(orderTag);
        assert(shared !== undefined, 'a tag comes after the tag of the order that it names');
        state.histories.set(tag, shared);
      }
    }
    for (const [key, qty] of snapshot.positions) state.positions.set(key, BigInt(qty));
    return state;
  }
}

export function positionKey(brokerAccountId: string, instrumentId: string): string {
  return `${brokerAccountId}/${instrumentId}`;
}

function placeAgain(engine: MatchingEngine, { orderId, book, side, price, qty }: RestingOrder): void {
  const placement = engine.place({ orderId, book, side, price, qty, ordType: OrdType.LIMIT, timeInForce: TimeInForce.DAY });
  assert(placement.outcome === 'rests' && placement.leavesQty === qty, 'the orders of a snapshot rest and do not trade');
}

function* historyRowsUpTo(histories: ReadonlyMap<string, History>, count: number, seq: number): Iterable<HistoryRow> {
  let left = count;
  for (const [tag, { orderTag, sessionId, eventSeqs }] of histories) {
    if (left-- === 0) return;
    if (tag === orderTag)
      yield [tag, sessionId, (eventSeqs.at(-1) ?? 0) <= seq ? eventSeqs : eventSeqs.filter((eventSeq) => eventSeq <= seq)];
    else yield [tag, orderTag];
  }
}
