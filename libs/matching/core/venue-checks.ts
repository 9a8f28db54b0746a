// What the venue takes and what it refuses, with the reason: the rules of its edge.
import { OrdType, Reason, SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { type MakerQuote } from '@switchyard/contracts/gen/matching/v1/events';
import { type Level, type NewOrder, type ReplaceOrder } from '@switchyard/contracts/gen/matching/v1/service';
import { BrokerAccountId, ok, type Result } from '@switchyard/kernel';
import { type EngineOrder } from './engine.js';
import { refusal, type Increments, type Refusal } from './increments.js';

const tagLengthMax = 64;

export function readTag(tag: string): Result<string, Refusal> {
  if (tag === '') return refusal(Reason.FIELD_REQUIRED, 'a request has a tag');
  if (tag.length > tagLengthMax) return refusal(Reason.FIELD_MALFORMED, `a tag has at most ${tagLengthMax} characters`);
  return ok(tag);
}

type ReadOrder = Omit<EngineOrder, 'orderId' | 'book'>;

/** A new order in ticks and lots; `increments` are undefined for an instrument that the venue does not trade. */
export function readNewOrder(request: NewOrder, increments: Increments | undefined): Result<ReadOrder, Refusal> {
  const account = BrokerAccountId.parse(request.brokerAccountId);
  if (!account.ok) return refusal(Reason.FIELD_MALFORMED, `brokerAccountId must be ${account.error.rule}`);
  if (increments === undefined) return refusal(Reason.VENUE_INSTRUMENT_UNKNOWN, `the venue does not trade ${request.instrumentId}`);
  const { side, ordType, timeInForce } = request;
  if (side !== Side.BUY && side !== Side.SELL) return refusal(Reason.ENUM_UNKNOWN, 'side must be BUY or SELL');
  if (ordType !== OrdType.LIMIT && ordType !== OrdType.MARKET)
    return refusal(Reason.VENUE_NOT_SUPPORTED, 'the venue takes LIMIT and MARKET orders');
  if (timeInForce !== TimeInForce.DAY && timeInForce !== TimeInForce.IOC && timeInForce !== TimeInForce.FOK) {
    return refusal(Reason.VENUE_NOT_SUPPORTED, 'the venue takes orders for DAY, IOC and FOK');
  }
  const stranger = strangerIn(request);
  if (stranger !== undefined) return refusal(Reason.VENUE_NOT_SUPPORTED, `the venue takes no order with ${stranger}`);
  const qty = increments.lots(request.orderQty);
  if (!qty.ok) return qty;
  if (ordType === OrdType.MARKET) {
    if (request.price !== '') return refusal(Reason.FIELD_NOT_ALLOWED, 'a MARKET order has no price');
    return ok({ side, ordType, timeInForce, price: 0, qty: qty.value });
  }
  const price = increments.ticks(request.price);
  if (!price.ok) return price;
  return ok({ side, ordType, timeInForce, price: price.value, qty: qty.value });
}

/** What the order has that this book does not know; undefined when there is nothing. */
function strangerIn(request: NewOrder): string | undefined {
  if (request.stopPx !== '') return 'a stop price';
  if (request.displayQty !== '') return 'a displayed quantity';
  if (request.marketProtection !== '') return 'a market protection';
  if (request.selfTradePrevention !== SelfTradePrevention.UNSPECIFIED) return 'self-trade prevention';
  if (request.postOnly) return 'post-only';
  return request.expireAtMs === 0 ? undefined : 'an expiry';
}

/** A replacement in ticks and lots; no price leaves the price. */
export function readReplace(
  request: ReplaceOrder,
  increments: Increments,
): Result<{ orderQty: number; price: number | undefined }, Refusal> {
  if (request.stopPx !== '') return refusal(Reason.VENUE_NOT_SUPPORTED, 'the venue takes no order with a stop price');
  const orderQty = increments.lots(request.orderQty);
  if (!orderQty.ok) return orderQty;
  if (request.price === '') return ok({ orderQty: orderQty.value, price: undefined });
  const price = increments.ticks(request.price);
  if (!price.ok) return price;
  return ok({ orderQty: orderQty.value, price: price.value });
}

/** The maker's orders, bids first; undefined if any level is off its increments, out of order, or the sides cross. */
export function readLevels(quote: MakerQuote, increments: Increments): Pick<EngineOrder, 'side' | 'price' | 'qty'>[] | undefined {
  const orders: Pick<EngineOrder, 'side' | 'price' | 'qty'>[] = [];
  const read = (levels: readonly Level[], side: Side.BUY | Side.SELL): boolean => {
    let last: number | undefined;
    for (const level of levels) {
      const price = increments.ticks(level.price);
      const qty = increments.lots(level.qty);
      if (!price.ok || !qty.ok) return false;
      if (last !== undefined && (side === Side.BUY ? price.value >= last : price.value <= last)) return false;
      last = price.value;
      orders.push({ side, price: price.value, qty: qty.value });
    }
    return true;
  };
  if (!read(quote.bids, Side.BUY) || !read(quote.asks, Side.SELL)) return undefined;
  const bestBid = orders[0];
  const bestAsk = orders[quote.bids.length];
  const isCrossed = quote.bids.length > 0 && bestBid !== undefined && bestAsk !== undefined && bestBid.price >= bestAsk.price;
  return isCrossed ? undefined : orders;
}

/** Whether two sides of the maker are the same. */
export function sameLevels(a: readonly Level[], b: readonly Level[]): boolean {
  return a.length === b.length && a.every((level, at) => level.price === b[at]?.price && level.qty === b[at]?.qty);
}
