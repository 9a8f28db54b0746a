// A position at average cost: the pure fold of trades. Quantities and costs are exact; only what is shown is rounded, half-even at nine decimals.
import { Product, Side } from '@switchyard/contracts';
import { type TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import {
  abs,
  assert,
  averagePrice,
  err,
  formatDecimal,
  mulDiv,
  Money,
  Notional,
  notional,
  notionalToMoney,
  ok,
  Price,
  Quantity,
  type Result,
} from '@switchyard/kernel';

/** What a position is kept by. */
export interface PositionKey {
  readonly accountId: string;
  readonly brokerAccountId: string;
  readonly instrumentId: string;
  readonly product: ProductName;
}

/** The products that an order may have, by name. */
export type ProductName = 'INTRADAY' | 'DELIVERY' | 'CARRY' | 'MARGIN';

/** What a trade was charged beyond its price; all charges of a name are one. */
export interface Charge {
  readonly name: string;
  /** Negative is given back; never zero. */
  readonly amount: Money;
}

/** A trade whose texts were read and whose enums are known. */
export interface Trade extends PositionKey {
  readonly tradeId: string;
  readonly orderId: string;
  readonly side: Side.BUY | Side.SELL;
  /** Greater than zero. */
  readonly qty: Quantity;
  readonly px: Price;
  /** Currency of the price and of the charges. */
  readonly currency: string;
  /** In order of name. */
  readonly charges: readonly Charge[];
  /** account_seq of the fact. */
  readonly accountSeq: number;
}

/** What came of all trades of a key so far. It never changes: a trade makes the next one. */
export interface Position extends PositionKey {
  readonly currency: string;
  /** Negative is short. */
  readonly netQty: Quantity;
  /** What the open quantity cost, exactly; negative when short, zero when flat. */
  readonly openNotional: Notional;
  readonly boughtQty: Quantity;
  readonly soldQty: Quantity;
  readonly boughtNotional: Notional;
  readonly soldNotional: Notional;
  /** What all trades were charged. */
  readonly fees: Money;
  /** account_seq of the last trade. */
  readonly accountSeq: number;
}

/** One text for a key. */
export function positionKeyOf({ accountId, brokerAccountId, instrumentId, product }: PositionKey): string {
  return `${accountId}/${brokerAccountId}/${instrumentId}/${product}`;
}

/** One text for what identifies a trade: a broker account never gives a trade id twice. */
export function tradeKeyOf({ brokerAccountId, tradeId }: Pick<Trade, 'brokerAccountId' | 'tradeId'>): string {
  return `${brokerAccountId}/${tradeId}`;
}

/** What was traded, in one canonical line: the same trade told again says the same. */
export function tradeContentOf(trade: Trade): string {
  const { orderId, instrumentId, product, side, qty, px, currency, charges } = trade;
  const charged = charges.map(({ name, amount }) => ` ${name} ${formatDecimal(amount)}`).join('');
  return `${Side[side]} ${formatDecimal(qty)} ${instrumentId} ${product} at ${formatDecimal(px)} ${currency} order ${orderId}${charged}`;
}

/** Reads a trade; the error is a sentence. A side, product or decimal that this version does not know is refused, never guessed. */
export function readTrade(accountId: string, accountSeq: number, booked: TradeBooked): Result<Trade, string> {
  const { tradeId, orderId, instrumentId, brokerAccountId, side, currency } = booked;
  const missing = Object.entries({ tradeId, orderId, instrumentId, brokerAccountId }).find(([, text]) => text === '');
  if (missing !== undefined) return err(`the trade has no ${missing[0]}`);
  if (side !== Side.BUY && side !== Side.SELL) return err(`the side ${side} of trade ${tradeId} is unknown`);
  const product = productName(booked.product);
  if (product === undefined) return err(`the product ${booked.product} of trade ${tradeId} is unknown`);
  if (!/^[A-Z]{3}$/.test(currency)) return err(`the currency "${currency}" of trade ${tradeId} is not three capital letters`);
  const qty = Quantity.parse(booked.lastQty);
  if (!qty.ok) return err(`the quantity of trade ${tradeId} is malformed: ${qty.error.rule}`);
  if (qty.value <= 0n) return err(`the quantity ${booked.lastQty} of trade ${tradeId} is not greater than zero`);
  const px = Price.parse(booked.lastPx);
  if (!px.ok) return err(`the price of trade ${tradeId} is malformed: ${px.error.rule}`);
  const charges = readCharges(booked);
  if (!charges.ok) return charges;
  return ok({
    accountId,
    brokerAccountId,
    instrumentId,
    product,
    tradeId,
    orderId,
    side,
    qty: qty.value,
    px: px.value,
    currency,
    charges: charges.value,
    accountSeq,
  });
}

/** So that what a trade was charged is one text, and a charge one book of the ledger. */
const chargeName = /^[A-Z0-9_]{1,32}$/;

function readCharges({ tradeId, fees }: TradeBooked): Result<readonly Charge[], string> {
  if (fees.length === 0) return ok([]);
  const amounts = new Map<string, bigint>();
  for (const { name, amount } of fees) {
    if (!chargeName.test(name))
      return err(`a charge of trade ${tradeId} is named "${name}": a name has 1 to 32 capital letters, digits and underscores`);
    const parsed = Money.parse(amount);
    if (!parsed.ok) return err(`the ${name} of trade ${tradeId} is malformed: ${parsed.error.rule}`);
    amounts.set(name, (amounts.get(name) ?? 0n) + parsed.value);
  }
  const charges = [...amounts].map(([name, amount]) => ({ name, amount: Money.fromScaled(amount) }));
  return ok(charges.filter(({ amount }) => amount !== 0n).sort((a, b) => (a.name < b.name ? -1 : 1)));
}

/** The position before the first trade of its key. */
export function noPosition({
  accountId,
  brokerAccountId,
  instrumentId,
  product,
  currency,
}: PositionKey & { readonly currency: string }): Position {
  return {
    accountId,
    brokerAccountId,
    instrumentId,
    product,
    currency,
    netQty: Quantity.zero,
    openNotional: Notional.zero,
    boughtQty: Quantity.zero,
    soldQty: Quantity.zero,
    boughtNotional: Notional.zero,
    soldNotional: Notional.zero,
    fees: Money.zero,
    accountSeq: 0,
  };
}

/**
 * The position after a trade. What opens or adds is carried at its price; what reduces takes its share of the open cost with it (rounded half-even at the
 * 18th decimal, so that nothing is lost when the rest closes); what turns the position closes it and opens the rest at the trade's price.
 */
export function foldTrade(position: Position, trade: Trade): Position {
  assert(
    positionKeyOf(position) === positionKeyOf(trade) && position.currency === trade.currency,
    'a trade is folded into the position of its key and currency',
  );
  const isBuy = trade.side === Side.BUY;
  const value = notional(trade.px, trade.qty);
  const signedQty = isBuy ? trade.qty : -trade.qty;
  return {
    ...position,
    netQty: Quantity.fromScaled(position.netQty + signedQty),
    openNotional: openAfter(position, signedQty, trade.px),
    boughtQty: isBuy ? Quantity.fromScaled(position.boughtQty + trade.qty) : position.boughtQty,
    soldQty: isBuy ? position.soldQty : Quantity.fromScaled(position.soldQty + trade.qty),
    boughtNotional: isBuy ? Notional.fromScaled(position.boughtNotional + value) : position.boughtNotional,
    soldNotional: isBuy ? position.soldNotional : Notional.fromScaled(position.soldNotional + value),
    fees: Money.fromScaled(position.fees + chargedFor(trade)),
    accountSeq: trade.accountSeq,
  };
}

function openAfter({ netQty, openNotional }: Position, signedQty: bigint, px: Price): Notional {
  const adds = netQty === 0n || netQty > 0n === signedQty > 0n;
  if (adds) return Notional.fromScaled(openNotional + signedQty * px);
  if (abs(signedQty) < abs(netQty))
    return Notional.fromScaled(openNotional - mulDiv(openNotional, abs(signedQty), abs(netQty), 'half-even'));
  return Notional.fromScaled((netQty + signedQty) * px);
}

/** Average cost of the open quantity; zero when flat. */
export function avgPxOf({ netQty, openNotional }: Position): Price {
  return netQty === 0n ? Price.zero : averagePrice(openNotional, netQty);
}

/** All charges of a trade. */
export function chargedFor({ charges }: Trade): Money {
  return Money.fromScaled(charges.reduce((sum, { amount }) => sum + amount, 0n));
}

/** What all trades brought in, less what they cost, before fees: money that came in is positive. */
export function cashFlowOf({ soldNotional, boughtNotional }: Position): Money {
  return notionalToMoney(Notional.fromScaled(soldNotional - boughtNotional), 'half-even');
}

/** What the open quantity cost, as money. */
export function openCostOf({ openNotional }: Position): Money {
  return notionalToMoney(openNotional, 'half-even');
}

/** Realised P&L before fees: what came in for what was closed, less what that had cost. It is cash flow plus open cost to the last decimal. */
export function realisedPnlOf(position: Position): Money {
  return Money.fromScaled(cashFlowOf(position) + openCostOf(position));
}

/** Realised P&L less all fees so far: a charge counts when it is taken, also that of a quantity that is still open. */
export function netRealisedPnlOf(position: Position): Money {
  return Money.fromScaled(realisedPnlOf(position) - position.fees);
}

function productName(product: Product): ProductName | undefined {
  switch (product) {
    case Product.INTRADAY:
      return 'INTRADAY';
    case Product.DELIVERY:
      return 'DELIVERY';
    case Product.CARRY:
      return 'CARRY';
    case Product.MARGIN:
      return 'MARGIN';
    case Product.UNSPECIFIED:
    case Product.UNRECOGNIZED:
    default:
      return undefined;
  }
}
