// The venue at one event, as JSON: its memory, and its engine's state as words.
import { type Product } from '@switchyard/contracts';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import { assert } from '@switchyard/kernel';
import { StateWords, type BookRules, type MatchingEngine } from './engine/index.js';
import { Increments } from './increments.js';
import { VenueState, type History, type Listing } from './venue-state.js';

/** The version of the form; another one is not read. */
export const venueSnapshotVersion = 2;

type LiveRow = readonly [
  orderId: number,
  orderNo: number,
  sessionId: string,
  tag: string,
  brokerAccountId: string,
  product: Product,
  orderLots: number,
  cumLots: number,
  stopTicks: number,
];

/** A tag with its own history (session, events), or one that shares the history of the order that it names. */
export type HistoryRow = readonly [tag: string, sessionId: string, eventSeqs: readonly number[]] | readonly [tag: string, orderTag: string];

/** What changes size with what is open, not with what has ever been. */
export interface VenueSnapshotHead {
  readonly version: typeof venueSnapshotVersion;
  readonly seq: number;
  readonly ordersCount: number;
  readonly tradesCount: number;
  readonly tradingDate: string;
  readonly listings: readonly {
    readonly instrumentId: string;
    readonly book: number;
    readonly tickSize: string;
    readonly lotSize: string;
    readonly rules: BookRules;
    readonly segment: string;
    readonly maker: {
      readonly bids: readonly Level[];
      readonly asks: readonly Level[];
      readonly orderIds: readonly number[];
      readonly isTouched: boolean;
    };
  }[];
  /** By book: whose it is, or was. */
  readonly books: readonly string[];
  readonly sessions: readonly (readonly [sessionId: string, lastSeq: number, checkpoints: readonly number[]])[];
  readonly live: readonly LiveRow[];
  /** Key (account/instrument) and scaled quantity. */
  readonly positions: readonly (readonly [key: string, qty: string])[];
  /** In the order of their numbers. */
  readonly accounts: readonly string[];
  readonly deliverySells: { readonly tradingDate: string; readonly keys: readonly string[] };
  /** The engine's state words, little endian, base64. */
  readonly engine: string;
}

/** Equal states give equal texts. */
export interface VenueSnapshot extends VenueSnapshotHead {
  /** In the order in which the venue saw the tags. */
  readonly histories: readonly HistoryRow[];
}

/** Parts of it live on: make it a text before the next command. */
export function snapshotHeadOf(state: VenueState, engine: MatchingEngine): VenueSnapshotHead {
  const { tradingDate, keys } = state.deliverySells;
  return {
    version: venueSnapshotVersion,
    seq: state.seq,
    ordersCount: state.ordersCount,
    tradesCount: state.tradesCount,
    tradingDate: state.tradingDate,
    listings: [...state.listings.values()].map(({ instrumentId, book, increments: { tickSize, lotSize }, rules, segment, maker }) => ({
      instrumentId,
      book,
      tickSize,
      lotSize,
      rules,
      segment,
      maker: { ...maker, orderIds: [...maker.orderIds] },
    })),
    books: state.books.map(({ instrumentId }) => instrumentId),
    sessions: [...state.sessions].map(([sessionId, { lastSeq, checkpoints }]) => [sessionId, lastSeq, checkpoints]),
    live: state
      .liveOrders()
      .map(({ orderId, orderNo, sessionId, tag, brokerAccountId, product, orderLots, cumLots, stopTicks }) => [
        orderId,
        orderNo,
        sessionId,
        tag,
        brokerAccountId,
        product,
        orderLots,
        cumLots,
        stopTicks,
      ]),
    positions: [...state.positions].map(([key, qty]) => [key, qty.toString()]),
    accounts: [...state.accounts.keys()],
    deliverySells: { tradingDate, keys: [...keys] },
    engine: engineText(engine),
  };
}

/**
 * The histories as they are now, to be read at leisure: they only grow, so what comes later is left out while reading, and a venue with a long past
 * need not stand still for it.
 */
export function historyRowsOf({ histories, seq }: VenueState): Iterable<HistoryRow> {
  return historyRowsUpTo(histories, histories.size, seq);
}

/** Builds the memory, and the books in an empty engine, from a snapshot. Throws StateFormatError for words that are no engine's. */
export function restoreVenue(snapshot: VenueSnapshot, engine: MatchingEngine): VenueState {
  assert(snapshot.version === venueSnapshotVersion, 'a snapshot is of this version');
  engine.readState(engineWords(snapshot.engine));
  const state = new VenueState();
  state.seq = snapshot.seq;
  state.ordersCount = snapshot.ordersCount;
  state.tradesCount = snapshot.tradesCount;
  state.tradingDate = snapshot.tradingDate;
  for (const row of snapshot.listings) state.listings.set(row.instrumentId, restoreListing(row));
  for (const instrumentId of snapshot.books) state.books.push(listingOf(state, instrumentId));
  for (const [sessionId, lastSeq, checkpoints] of snapshot.sessions)
    state.sessions.set(sessionId, { lastSeq, checkpoints: [...checkpoints] });
  for (const row of snapshot.live) restoreLive(state, engine, row);
  for (const row of snapshot.histories) restoreHistory(state, row);
  for (const [key, qty] of snapshot.positions) state.positions.set(key, BigInt(qty));
  snapshot.accounts.forEach((brokerAccountId, at) => state.accounts.set(brokerAccountId, at + 1));
  state.deliverySells.tradingDate = snapshot.deliverySells.tradingDate;
  for (const key of snapshot.deliverySells.keys) state.deliverySells.keys.add(key);
  return state;
}

function restoreListing({ instrumentId, book, tickSize, lotSize, rules, segment, maker }: VenueSnapshot['listings'][number]): Listing {
  const increments = Increments.parse(tickSize, lotSize);
  assert(increments.ok, "a snapshot's increments are valid");
  const levels = { ...maker, orderIds: new Set(maker.orderIds) };
  return { instrumentId, book, increments: increments.value, rules, segment, maker: levels, openCount: 0 };
}

function restoreLive(state: VenueState, engine: MatchingEngine, row: LiveRow): void {
  const [orderId, orderNo, sessionId, tag, brokerAccountId, product, orderLots, cumLots, stopTicks] = row;
  const open = engine.order(orderId);
  const listing = open && state.books[open.book];
  assert(open !== undefined && listing !== undefined, 'every live order of a snapshot is open in a book');
  const { side, timeInForce, ordType, displayQty, price } = open;
  const terms = { side, timeInForce, ordType, displayLots: displayQty, priceTicks: price };
  state.addLive({ orderId, orderNo, sessionId, tag, brokerAccountId, listing, product, orderLots, cumLots, stopTicks, ...terms });
}

function restoreHistory(state: VenueState, row: HistoryRow): void {
  if (row.length === 3) {
    const [tag, sessionId, eventSeqs] = row;
    state.histories.set(tag, { sessionId, orderTag: tag, eventSeqs: [...eventSeqs] });
    return;
  }
  const [tag, orderTag] = row;
  const shared: History | undefined = state.histories.get(orderTag);
  assert(shared !== undefined, 'a tag comes after the tag of the order that it names');
  state.histories.set(tag, shared);
}

function listingOf(state: VenueState, instrumentId: string): Listing {
  const listing = state.listings.get(instrumentId);
  assert(listing !== undefined, "a snapshot's book is of an instrument that it lists");
  return listing;
}

function engineText(engine: MatchingEngine): string {
  const state = new StateWords();
  engine.writeState(state);
  const { words } = state;
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('base64');
}

function engineWords(text: string): Int32Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return new Int32Array(bytes.buffer, 0, bytes.length >>> 2);
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
