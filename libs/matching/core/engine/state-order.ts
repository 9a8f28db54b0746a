// One order in the words of a state, both ways; the layout is in state.ts.
import { InForce, OrderType, SelfTrade, threeBits, type BookSide } from './command.js';
import { type OpenOrder, type WordSink } from './engine.js';
import { EngineReason } from './report.js';
import { isImmediate, isStop, refusalOfTerms } from './rules.js';
import { type StateReader } from './state.js';

/** What a state says of an order that waits. */
export interface StateOrder extends Omit<OpenOrder, 'book'> {
  /** Of a limit order at its price: how many of the market orders that wait on its side came before it; else 0. */
  readonly marketsAhead: number;
}

/** Where open orders wait: at their price, among the market orders of an auction, behind their stop price, or for the closing auction. A state has two lists of each, buys first. */
export const places = ['book', 'market', 'stop', 'atClose'] as const;
export type Place = (typeof places)[number];

/** Where an order's attributes keep what: side, then these. */
const orderTypeShift = 1;
const inForceShift = 4;
const selfTradeShift = 7;
const postOnlyShift = 10;

export function writeStateOrder(order: Omit<OpenOrder, 'book'>, marketsAhead: number, out: WordSink): void {
  const attributes =
    order.side |
    (order.ordType << orderTypeShift) |
    (order.timeInForce << inForceShift) |
    (order.selfTrade << selfTradeShift) |
    (order.postOnly ? 1 << postOnlyShift : 0);
  for (const word of [order.orderId, order.account, attributes, order.price, order.stopPrice, order.openQty]) out.add(word);
  for (const word of [order.shownQty, order.displayQty, order.expireAtSec | 0, order.protectionBps, marketsAhead, 0]) out.add(word);
}

/** The next order, of the list of this place and side. Throws StateFormatError for one that cannot wait there, whatever else the book holds. */
export function readStateOrder(input: StateReader, place: Place, side: BookSide, clockSec: number): StateOrder {
  const [orderId, account, attributes, price, stopPrice, openQty] = input.take(6);
  const [shownQty, displayQty, expireAt, protectionBps, marketsAhead, spare] = input.take(6);
  input.expect(attributes >>> (postOnlyShift + 1) === 0 && spare === 0, 'no words that this version does not know');
  const order: StateOrder = {
    orderId,
    account,
    side: (attributes & 1) as BookSide,
    ordType: ((attributes >>> orderTypeShift) & threeBits) as OrderType,
    timeInForce: ((attributes >>> inForceShift) & threeBits) as InForce,
    selfTrade: ((attributes >>> selfTradeShift) & threeBits) as SelfTrade,
    postOnly: ((attributes >>> postOnlyShift) & 1) === 1,
    price,
    stopPrice,
    openQty,
    shownQty,
    displayQty,
    expireAtSec: expireAt >>> 0,
    protectionBps,
    marketsAhead,
  };
  input.expect(canWait(order), 'an order of a kind that waits');
  input.expect(orderId >= 1 && refusalOfTerms({ ...order, qty: openQty }, clockSec) === EngineReason.NONE, 'terms that an order can have');
  input.expect(order.side === side && belongsTo(place, order), 'an order in the list of its kind');
  input.expect(place === 'book' ? showsItsPart(order) : shownQty === 0, 'a shown quantity');
  input.expect(place === 'book' ? marketsAhead >= 0 : marketsAhead === 0, 'market orders ahead of limit orders only');
  return order;
}

function canWait({ ordType, timeInForce, selfTrade }: StateOrder): boolean {
  return (
    ordType >= OrderType.LIMIT &&
    ordType < OrderType.MARKET_TO_LIMIT &&
    timeInForce >= InForce.DAY &&
    !isImmediate(timeInForce) &&
    selfTrade <= SelfTrade.DECREMENT
  );
}

function belongsTo(place: Place, { ordType, timeInForce }: StateOrder): boolean {
  if (place === 'stop' || isStop(ordType)) return place === 'stop' && isStop(ordType);
  if (place === 'atClose') return timeInForce === InForce.AT_CLOSE;
  return ordType === (place === 'book' ? OrderType.LIMIT : OrderType.MARKET);
}

/** An iceberg shows at most a slice, any other order all that is open. */
function showsItsPart({ shownQty, displayQty, openQty }: StateOrder): boolean {
  return displayQty === 0 ? shownQty === openQty : shownQty >= 1 && shownQty <= Math.min(displayQty, openQty);
}
