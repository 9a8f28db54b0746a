// An order as it would be, read once into scaled bigints, and what it is worth at its worst.
import { type OrderContent, OrdType, protectionDefault, Reason, Side } from '@switchyard/contracts';
import { err, max, mulDiv, ok, parseDecimal, Price, type Quantity, type Result } from '@switchyard/kernel';

/** What a MARKET, STOP or MARKET_TO_LIMIT order without its own market protection is valued with, in percent, scaled 1e9. */
export const protectionDefaultPercent: bigint = Price(protectionDefault);
/** Whether an order of this type takes the market's price, so that only a fresh quote says what it is worth. */
export function takesMarketPrice(ordType: OrdType): boolean {
  return ordType === OrdType.MARKET || ordType === OrdType.MARKET_TO_LIMIT;
}

/** One hundred percent, scaled 1e9. */
export const hundredPercent = 100_000_000_000n;

/** An order that can be judged. */
export interface ProposedOrder {
  readonly instrumentId: string;
  readonly side: Side.BUY | Side.SELL;
  readonly ordType: OrdType;
  /** Total quantity. */
  readonly orderQty: Quantity;
  /** Limit price; undefined for MARKET, STOP and MARKET_TO_LIMIT. */
  readonly price: Price | undefined;
  /** Stop price of STOP and STOP_LIMIT, also of a MARKET order that was a STOP until it was triggered; else undefined. */
  readonly stopPx: Price | undefined;
  readonly displayQty: Quantity | undefined;
  /** Market protection in percent, scaled 1e9; meaningful for MARKET and STOP. */
  readonly protectionPercent: bigint;
  readonly strategyId: string;
}

/** A refusal: why, in words, and the path in the request of the field that it concerns. */
export interface Refusal {
  readonly reason: Reason;
  readonly text: string;
  readonly field: string;
}

/** Reads an order's content. The edge has checked its form already; what it let through by mistake is refused here, not guessed. */
export function proposedOrder(content: OrderContent): Result<ProposedOrder, Refusal> {
  if (content.instrument === '') return required('content.instrument');
  const { side, ordType } = content;
  if (side !== Side.BUY && side !== Side.SELL) return unknownEnum('content.side', side);
  const hasPrice = ordType === OrdType.LIMIT || ordType === OrdType.STOP_LIMIT;
  // A triggered STOP goes on being worth what its stop price says: it was accepted without a price of the market.
  const wasStop = ordType === OrdType.MARKET && content.stopPx !== undefined;
  const hasStop = ordType === OrdType.STOP || ordType === OrdType.STOP_LIMIT || wasStop;
  if (!hasPrice && !hasStop && !takesMarketPrice(ordType)) return unknownEnum('content.ordType', ordType);
  const orderQty = positive('content.orderQty', content.orderQty);
  if (!orderQty.ok) return orderQty;
  const price = hasPrice ? positive('content.price', content.price) : absent;
  if (!price.ok) return price;
  const stopPx = hasStop ? positive('content.stopPx', content.stopPx) : absent;
  if (!stopPx.ok) return stopPx;
  const displayQty = content.displayQty === undefined ? absent : positive('content.displayQty', content.displayQty);
  if (!displayQty.ok) return displayQty;
  const protection =
    content.marketProtection === undefined ? ok(protectionDefaultPercent) : positive('content.marketProtection', content.marketProtection);
  if (!protection.ok) return protection;
  return ok({
    instrumentId: content.instrument,
    side,
    ordType,
    orderQty: orderQty.value as Quantity,
    price: price.value as Price | undefined,
    stopPx: stopPx.value as Price | undefined,
    displayQty: displayQty.value as Quantity | undefined,
    protectionPercent: protection.value,
    strategyId: content.strategyId,
  });
}

/**
 * The price at which open quantity of the order is valued: its limit, or the stop or reference price and the market protection above it, for sells too,
 * since that is the most it can come to. Undefined for a MARKET or MARKET_TO_LIMIT order without a reference price: nobody can say what it is worth.
 */
export function valuePrice(
  order: Pick<ProposedOrder, 'price' | 'stopPx' | 'protectionPercent'>,
  referencePx: Price | undefined,
): Price | undefined {
  if (order.price !== undefined) return order.stopPx === undefined ? order.price : max(order.price, order.stopPx);
  const base = order.stopPx ?? referencePx;
  if (base === undefined) return undefined;
  return mulDiv(base, hundredPercent + order.protectionPercent, hundredPercent, 'up') as Price;
}

const absent = ok(undefined);

function positive(field: string, text: string | undefined): Result<bigint, Refusal> {
  if (text === undefined || text === '') return required(field);
  const parsed = parseDecimal(text);
  if (!parsed.ok) return err({ reason: Reason.FIELD_MALFORMED, field, text: `${field} is malformed: ${parsed.error.rule}` });
  if (parsed.value <= 0n) return err({ reason: Reason.NOT_POSITIVE, field, text: `${field} must be greater than zero` });
  return parsed;
}

function required(field: string): Result<never, Refusal> {
  return err({ reason: Reason.FIELD_REQUIRED, field, text: `${field} is required` });
}

function unknownEnum(field: string, value: number): Result<never, Refusal> {
  return err({ reason: Reason.ENUM_UNKNOWN, field, text: `${field} has a value that risk does not know: ${value}` });
}
