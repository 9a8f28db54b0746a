// What the venue takes and what it refuses, with the reason: the rules of its edge. What depends on the books, their engine judges.
import { OrdType, Product, Reason, TimeInForce, type Side } from '@switchyard/contracts';
import { type ListInstrument, type MakerQuote, type TakerOrder } from '@switchyard/contracts/gen/matching/v1/events';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import { type NewOrder, type ReplaceOrder } from '@switchyard/contracts/gen/matching/v1/service';
import { BrokerAccountId, ok, parseDecimal, type Result } from '@switchyard/kernel';
import {
  BookSide,
  hasTooManySlices,
  OrderType,
  protectionBpsMax,
  slicesMax,
  stepsMax,
  type BookRules,
  type NewOrderWords,
} from './engine/index.js';
import { isSegment } from './fee-table.js';
import { Increments, refusal, type Refusal } from './increments.js';
import { type MakerLevel } from './maker-levels.js';
import { instrumentIdLengthMax, tagLengthMax } from './text-bounds.js';
import { type Listing, type LiveOrder } from './venue-state.js';
import { bookSideOf, inForceOf, orderTypeOf, selfTradeOf } from './venue-words.js';

const secondsMax = 2 ** 32 - 1;
const productsWithFees: ReadonlySet<Product> = new Set([Product.INTRADAY, Product.DELIVERY, Product.CARRY, Product.MARGIN]);

export function readTag(tag: string, what = 'tag'): Result<string, Refusal> {
  if (tag === '') return refusal(Reason.FIELD_REQUIRED, `a request has a ${what}`);
  if (tag.length > tagLengthMax) return refusal(Reason.FIELD_MALFORMED, `a ${what} has at most ${tagLengthMax} characters`);
  if (!/^[!-~]+$/.test(tag)) return refusal(Reason.FIELD_MALFORMED, `a ${what} has printable ASCII characters and no blank`);
  return ok(tag);
}

type ReadOrder = Required<Omit<NewOrderWords, 'orderId' | 'book' | 'account'>>;

/** A new order in ticks and lots; `listing` is undefined for an instrument that the venue does not trade. */
export function readNewOrder(request: NewOrder, listing: Listing | undefined, atMs: number): Result<ReadOrder, Refusal> {
  const account = BrokerAccountId.parse(request.brokerAccountId);
  if (!account.ok) return refusal(Reason.FIELD_MALFORMED, `brokerAccountId must be ${account.error.rule}`);
  if (request.instrumentId.length > instrumentIdLengthMax)
    return refusal(Reason.FIELD_MALFORMED, `instrumentId has at most ${instrumentIdLengthMax} characters`);
  if (listing === undefined) return refusal(Reason.VENUE_INSTRUMENT_UNKNOWN, `the venue does not trade ${request.instrumentId}`);
  const words = readWords(request, listing);
  if (!words.ok) return words;
  const { increments } = listing;
  const qty = increments.lots(request.orderQty);
  if (!qty.ok) return qty;
  const prices = readPrices(request, increments);
  if (!prices.ok) return prices;
  const displayQty = readDisplayQty(request.displayQty, qty.value, increments);
  if (!displayQty.ok) return displayQty;
  const expireAtSec = readExpiry(request, atMs);
  if (!expireAtSec.ok) return expireAtSec;
  const protectionBps = readProtection(request.marketProtection);
  if (!protectionBps.ok) return protectionBps;
  return ok({
    ...words.value,
    ...prices.value,
    qty: qty.value,
    displayQty: displayQty.value,
    expireAtSec: expireAtSec.value,
    protectionBps: protectionBps.value,
  });
}

function readWords(
  request: NewOrder,
  { segment }: Listing,
): Result<Pick<ReadOrder, 'side' | 'ordType' | 'timeInForce' | 'selfTrade' | 'postOnly'>, Refusal> {
  const side = bookSideOf.get(request.side);
  const ordType = orderTypeOf.get(request.ordType);
  const timeInForce = inForceOf.get(request.timeInForce);
  const selfTrade = selfTradeOf.get(request.selfTradePrevention);
  if (side === undefined) return refusal(Reason.ENUM_UNKNOWN, 'side must be BUY or SELL');
  if (ordType === undefined) return refusal(Reason.ENUM_UNKNOWN, 'the order has no type that the venue knows');
  if (timeInForce === undefined) return refusal(Reason.ENUM_UNKNOWN, 'the order has no time in force that the venue knows');
  if (selfTrade === undefined) return refusal(Reason.ENUM_UNKNOWN, 'the order has no self-trade prevention that the venue knows');
  if (segment !== '' && !productsWithFees.has(request.product))
    return refusal(Reason.ENUM_UNKNOWN, 'product must be said: it decides what a trade costs');
  return ok({ side, ordType, timeInForce, selfTrade, postOnly: request.postOnly });
}

/** The limit price and the stop price, of the types that have them. */
function readPrices(
  { ordType, price, stopPx }: Pick<NewOrder, 'ordType' | 'price' | 'stopPx'>,
  increments: Increments,
): Result<{ price: number; stopPrice: number }, Refusal> {
  const hasPrice = ordType === OrdType.LIMIT || ordType === OrdType.STOP_LIMIT;
  const hasStop = ordType === OrdType.STOP || ordType === OrdType.STOP_LIMIT;
  const limit = hasPrice ? increments.ticks(price) : readNoPrice(price, `a ${OrdType[ordType]} order has no price`);
  if (!limit.ok) return limit;
  const stop = hasStop ? increments.ticks(stopPx, 'stop price') : readNoPrice(stopPx, `a ${OrdType[ordType]} order has no stop price`);
  if (!stop.ok) return stop;
  return ok({ price: limit.value, stopPrice: stop.value });
}

function readNoPrice(text: string, rule: string): Result<number, Refusal> {
  return text === '' ? ok(0) : refusal(Reason.FIELD_NOT_ALLOWED, rule);
}

/** Lots; 0 when all is shown. */
function readDisplayQty(text: string, orderLots: number, increments: Increments): Result<number, Refusal> {
  if (text === '') return ok(0);
  const displayQty = increments.lots(text, 'displayed quantity');
  if (displayQty.ok && hasTooManySlices(orderLots, displayQty.value)) return displayTooSmall();
  return displayQty;
}

function displayTooSmall(): { readonly ok: false; readonly error: Refusal } {
  return refusal(Reason.VENUE_DISPLAY_TOO_SMALL, `an iceberg shows at least one part in ${slicesMax} of its quantity`);
}

/** Epoch seconds of a GTD order; 0 for others. */
function readExpiry({ timeInForce, expireAtMs }: NewOrder, atMs: number): Result<number, Refusal> {
  if (timeInForce !== TimeInForce.GTD) {
    return expireAtMs === 0 ? ok(0) : refusal(Reason.FIELD_NOT_ALLOWED, 'only a GTD order has a time at which it expires');
  }
  if (expireAtMs === 0) return refusal(Reason.FIELD_REQUIRED, 'a GTD order says when it expires');
  if (expireAtMs % 1_000 !== 0) return refusal(Reason.FIELD_MALFORMED, 'a GTD order expires at a whole second');
  if (expireAtMs <= atMs) return refusal(Reason.VENUE_GTD_EXPIRED, 'the time of the order has come already');
  const seconds = expireAtMs / 1_000;
  return seconds <= secondsMax ? ok(seconds) : refusal(Reason.OUT_OF_RANGE, 'the time at which the order expires is too far away');
}

/** Hundredths of a percent; 0 for none. */
function readProtection(text: string): Result<number, Refusal> {
  if (text === '') return ok(0);
  const percent = parseDecimal(text);
  if (!percent.ok) return refusal(Reason.FIELD_MALFORMED, `the market protection is malformed: ${percent.error.rule}`);
  if (percent.value <= 0n) return refusal(Reason.NOT_POSITIVE, 'the market protection must be greater than zero');
  const hundredth = 10n ** 7n;
  if (percent.value % hundredth !== 0n) return refusal(Reason.FIELD_MALFORMED, 'the market protection has at most two decimals');
  const bps = percent.value / hundredth;
  return bps <= BigInt(protectionBpsMax) ? ok(Number(bps)) : refusal(Reason.OUT_OF_RANGE, 'the market protection is below 100 percent');
}

/** A replacement in ticks and lots: the order's total, and its prices as they will be. */
export function readReplace(
  request: ReplaceOrder,
  order: LiveOrder,
): Result<{ orderLots: number; price: number; stopPrice: number }, Refusal> {
  const { increments } = order.listing;
  const orderLots = increments.lots(request.orderQty);
  if (!orderLots.ok) return orderLots;
  const price = readNewPrice(request.price, order.priceTicks, order.ordType !== OrderType.MARKET && order.priceTicks > 0, {
    increments,
    what: 'price',
  });
  if (!price.ok) return price;
  const isWaiting = order.ordType === OrderType.STOP || order.ordType === OrderType.STOP_LIMIT;
  const stopPrice = readNewPrice(request.stopPx, order.stopTicks, isWaiting, { increments, what: 'stop price' });
  if (!stopPrice.ok) return stopPrice;
  if (hasTooManySlices(orderLots.value - order.cumLots, order.displayLots)) return displayTooSmall();
  return ok({ orderLots: orderLots.value, price: price.value, stopPrice: stopPrice.value });
}

/** A price that a replace gives, or leaves as it is. One that the order cannot have, or has no more, may be repeated but not changed. */
function readNewPrice(
  text: string,
  ticks: number,
  isChangeable: boolean,
  { increments, what }: { increments: Increments; what: string },
): Result<number, Refusal> {
  if (text === '') return ok(ticks);
  const read = increments.ticks(text, what);
  if (!read.ok || isChangeable || read.value === ticks) return read;
  return refusal(Reason.FIELD_NOT_ALLOWED, `the order has no ${what} that could be changed`);
}

/** What a listing says; undefined if any of it is malformed or does not fit the others. A segment that the fee table does not have would trade for nothing. */
export function readListing(request: ListInstrument): Pick<Listing, 'increments' | 'rules' | 'segment'> | undefined {
  if (request.segment !== '' && !isSegment(request.segment)) return undefined;
  const parsed = Increments.parse(request.tickSize, request.lotSize);
  if (!parsed.ok) return undefined;
  const increments = parsed.value;
  const inTicks = (text: string, rounding: 'down' | 'up'): number | undefined =>
    stepsOf(text, (scaled) => increments.ticksOf(scaled, rounding));
  const rules = {
    // The previous close may be from before the tick changed.
    referencePrice: inTicks(request.referencePrice, 'down'),
    freezeQty: stepsOf(request.freezeQty, (scaled) => increments.lotsOf(scaled)),
    bandLow: inTicks(request.bandLow, 'up'),
    bandHigh: inTicks(request.bandHigh, 'down'),
  };
  return isWhole(rules) ? { increments, rules, segment: request.segment } : undefined;
}

/** Whole steps of a decimal, 0 for an empty one, the most that orders have for a larger one; undefined for what is not a step or more. */
function stepsOf(text: string, count: (scaled: bigint) => bigint): number | undefined {
  if (text === '') return 0;
  const parsed = parseDecimal(text);
  if (!parsed.ok || parsed.value <= 0n) return undefined;
  const steps = count(parsed.value);
  if (steps === 0n) return undefined;
  return steps < BigInt(stepsMax) ? Number(steps) : stepsMax;
}

function isWhole(rules: { [Name in keyof BookRules]: number | undefined }): rules is BookRules {
  const { referencePrice, freezeQty, bandLow, bandHigh } = rules;
  if (referencePrice === undefined || freezeQty === undefined || bandLow === undefined || bandHigh === undefined) return false;
  return bandHigh === 0 || bandLow <= bandHigh;
}

/** The maker's orders, bids first; undefined if any level is off its increments, out of order, or the sides cross. */
export function readLevels(quote: MakerQuote, { increments, rules }: Listing): MakerLevel[] | undefined {
  const orders: MakerLevel[] = [];
  // The maker stands for many who would each order less than the freeze quantity: it shows no more than one of them.
  const lotsMax = rules.freezeQty === 0 ? stepsMax : rules.freezeQty;
  const read = (levels: readonly Level[], side: BookSide): boolean => {
    let last: number | undefined;
    for (const level of levels) {
      const price = increments.ticks(level.price);
      const qty = increments.lots(level.qty);
      if (!price.ok || !qty.ok) return false;
      if (last !== undefined && (side === BookSide.BUY ? price.value >= last : price.value <= last)) return false;
      last = price.value;
      orders.push({ side, price: price.value, qty: Math.min(qty.value, lotsMax) });
    }
    return true;
  };
  if (!read(quote.bids, BookSide.BUY) || !read(quote.asks, BookSide.SELL)) return undefined;
  const bestBid = orders[0];
  const bestAsk = orders[quote.bids.length];
  const isCrossed = quote.bids.length > 0 && bestBid !== undefined && bestAsk !== undefined && bestBid.price >= bestAsk.price;
  return isCrossed ? undefined : orders;
}

/** A taker's order; undefined if it does not fit. */
export function readTaker({ side, orderQty, price }: TakerOrder, { increments }: Listing): MakerLevel | undefined {
  const bookSide = bookSideOf.get(side);
  const qty = increments.lots(orderQty);
  const ticks = increments.ticks(price);
  return bookSide !== undefined && qty.ok && ticks.ok ? { side: bookSide, price: ticks.value, qty: qty.value } : undefined;
}

/** Which side a mass cancel is about, -1 for both; undefined for a side that is none. */
export function readSides(side: Side): BookSide | -1 | undefined {
  return side === 0 ? -1 : bookSideOf.get(side);
}

/** Whether two sides of the maker are the same. */
export function sameLevels(a: readonly Level[], b: readonly Level[]): boolean {
  return a.length === b.length && a.every((level, at) => level.price === b[at]?.price && level.qty === b[at]?.qty);
}
