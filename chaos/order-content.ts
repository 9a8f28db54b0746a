// What clients order, drawn from the seed: every type, time in force and condition that the venue takes while it trades continuously.
import { type Random } from './random.js';
import { type Message } from './wire.js';

/** A price that trades at once, or one that rests. Undefined while the market is not known. */
export type PriceOf = (instrument: string, isBuy: boolean, trades: boolean) => string | undefined;

/** Which times in force go with a type, the likelier ones more often. */
const timesInForce = {
  LIMIT: ['DAY', 'DAY', 'DAY', 'DAY', 'DAY', 'GTC', 'GTD', 'IOC', 'IOC', 'FOK'],
  MARKET: ['DAY', 'IOC', 'FOK'],
  STOP: ['DAY', 'GTC', 'GTD'],
  STOP_LIMIT: ['DAY', 'GTC', 'GTD'],
  MARKET_TO_LIMIT: ['DAY', 'GTC', 'GTD', 'IOC', 'FOK'],
} as const;
type OrdType = keyof typeof timesInForce;
/** Most rest at a limit, so that the limit of open value is met. */
const ordTypes: readonly OrdType[] = [
  ...Array.from({ length: 6 }, (): OrdType => 'LIMIT'),
  ...(['MARKET', 'STOP', 'STOP_LIMIT', 'MARKET_TO_LIMIT'] as const),
];
const preventions = ['CANCEL_NEWEST', 'CANCEL_OLDEST', 'CANCEL_BOTH', 'DECREMENT'] as const;
const dayMs = 86_400_000;

/** The content of an order, or undefined while the market is not known. */
export function drawContent(random: Random, instrument: string, priceOf: PriceOf, nowMs: number): Message | undefined {
  const isBuy = random.below(2) === 0;
  const ordType = random.pick(ordTypes);
  const prices = drawPrices(random, { ordType, instrument, isBuy }, priceOf);
  if (prices === undefined) return undefined;
  const timeInForce = random.pick<string>(timesInForce[ordType]);
  const rests = timeInForce !== 'IOC' && timeInForce !== 'FOK';
  const orderQty = random.between(1, 20);
  return {
    instrument,
    side: isBuy ? 'SIDE_BUY' : 'SIDE_SELL',
    ordType: `ORD_TYPE_${ordType}`,
    timeInForce: `TIME_IN_FORCE_${timeInForce}`,
    product: random.below(5) === 0 ? 'PRODUCT_DELIVERY' : 'PRODUCT_INTRADAY',
    orderQty: String(orderQty),
    ...prices,
    ...(timeInForce === 'GTD' && { expireAtMs: drawExpiry(random, nowMs) }),
    ...(rests && 'price' in prices && random.below(5) === 0 && { displayQty: String(random.between(1, orderQty)) }),
    ...(rests && ordType === 'LIMIT' && random.below(6) === 0 && { postOnly: true }),
    ...((ordType === 'MARKET' || ordType === 'STOP') && random.below(2) === 0 && { marketProtection: random.pick(['1', '2.5', '5']) }),
    ...(random.below(5) === 0 && { selfTradePrevention: `SELF_TRADE_PREVENTION_${random.pick(preventions)}` }),
    ...(random.below(10) === 0 && { strategyId: 'chaos' }),
  };
}

/** Other prices for an order, or none, which leaves its own. One that has become another type meanwhile may refuse them. */
export function drawNewPrices(random: Random, { instrument, side, ordType }: Message, priceOf: PriceOf): Message {
  if (random.below(3) === 0) return {};
  const type = (ordType as string).slice('ORD_TYPE_'.length) as OrdType;
  // A MARKET_TO_LIMIT that rests is LIMIT by now.
  const of = { ordType: type === 'MARKET_TO_LIMIT' ? 'LIMIT' : type, instrument: instrument as string, isBuy: side === 'SIDE_BUY' };
  return drawPrices(random, of, priceOf) ?? {};
}

/** The prices that an order of this type has. Half of the stops are triggered at once: their stop price is on the other side of the market. */
function drawPrices(
  random: Random,
  { ordType, instrument, isBuy }: { readonly ordType: string; readonly instrument: string; readonly isBuy: boolean },
  priceOf: PriceOf,
): Message | undefined {
  const price = priceOf(instrument, isBuy, random.below(2) === 0);
  const stopPx = priceOf(instrument, !isBuy, random.below(2) === 0);
  if (price === undefined || stopPx === undefined) return undefined;
  return {
    ...((ordType === 'LIMIT' || ordType === 'STOP_LIMIT') && { price }),
    ...((ordType === 'STOP' || ordType === 'STOP_LIMIT') && { stopPx }),
  };
}

/** A whole second: for most within moments, before anything else ends the order. */
const drawExpiry = (random: Random, nowMs: number): number =>
  Math.ceil((nowMs + (random.below(4) === 0 ? dayMs : random.between(1000, 3000))) / 1000) * 1000;
