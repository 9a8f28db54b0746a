// What a trade costs beyond its price, from the dated table; exact, and the same for the same trade on every replay.
import { Product, Side, type Fee } from '@switchyard/contracts';
import { assert, assertNever, formatDecimal, parseDecimal } from '@switchyard/kernel';
import {
  chargeRates,
  isSegment,
  segments,
  taxedCharges,
  type ChargeClass,
  type ChargeName,
  type ChargeRate,
  type Market,
} from './fee-table.js';

/** A trade of one side. */
export interface ChargedTrade {
  /** A `Segment` of the table; any other text charges nothing. */
  readonly segment: string;
  readonly product: Product;
  readonly side: Side;
  /** Scaled 1e9. */
  readonly qty: bigint;
  /** Scaled 1e9; for options the premium. */
  readonly px: bigint;
  /** In India, "YYYY-MM-DD". */
  readonly tradingDate: string;
  /** The account has not sold this instrument for delivery before on this day. */
  readonly isFirstDeliverySellOfDay: boolean;
}

const indiaOffsetMs = (5 * 60 + 30) * 60_000;
/** Scaled 1e9. */
const paisa = 10n ** 7n;

interface Rate {
  readonly of: ChargeRate['of'];
  readonly name: ChargeName;
  readonly from: string;
  /** Scaled 1e9. */
  readonly rate: bigint;
}

const markets: readonly Market[] = ['NSE', 'BSE', 'BSE_X', 'BSE_SME', 'MCX'];
const keyOf = (market: Market, chargeClass: ChargeClass, side: 'BUY' | 'SELL'): string => `${market}/${chargeClass}/${side}`;

/** By market, class and side: every rate, in the table's order. */
const rates = new Map<string, readonly Rate[]>();
for (const { name, market: only, classes, sides, of, rate, from } of chargeRates) {
  const parsed = parseDecimal(rate);
  assert(parsed.ok && parsed.value > 0n, 'a rate is a decimal above zero');
  for (const market of only === undefined ? markets : [only]) {
    for (const chargeClass of classes) {
      for (const side of sides === 'BOTH' ? (['BUY', 'SELL'] as const) : [sides]) {
        const key = keyOf(market, chargeClass, side);
        rates.set(key, [...(rates.get(key) ?? []), { name, of, from, rate: parsed.value }]);
      }
    }
  }
}

/**
 * The charges of a trade in rupees, each rounded half up to paise; one that comes to less than half a paisa is left out. The tax is taken from the rounded
 * charges, as a bill does.
 */
export function feesOf({ segment, product, side, qty, px, tradingDate, isFirstDeliverySellOfDay }: ChargedTrade): Fee[] {
  const chargeClass = classOf(segment, product);
  if (!isSegment(segment) || chargeClass === undefined || (side !== Side.BUY && side !== Side.SELL)) return [];
  const key = keyOf(segments[segment].market, chargeClass, side === Side.BUY ? 'BUY' : 'SELL');
  const turnover = qty * px; // Scaled 1e18.
  const amounts = new Map<ChargeName, bigint>();
  for (const { name, of, rate } of inForce(key, tradingDate)) {
    switch (of) {
      case 'TURNOVER':
      case 'PREMIUM': // The price of an option is its premium.
        amounts.set(name, toPaise(turnover * rate, 100n * 10n ** 18n));
        break;
      case 'DELIVERY_SELL_DAY':
        if (isFirstDeliverySellOfDay) amounts.set(name, toPaise(rate, 1n));
        break;
      case 'CHARGES': {
        const taxed = taxedCharges.reduce((sum, charge) => sum + (amounts.get(charge) ?? 0n), 0n);
        amounts.set(name, toPaise(taxed * rate, 100n * 10n ** 9n));
        break;
      }
      default:
        assertNever(of, 'what a charge is taken from');
    }
  }
  return [...amounts].filter(([, amount]) => amount > 0n).map(([name, amount]) => ({ name, amount: formatDecimal(amount) }));
}

/** Whether the shares leave the account's depository: the first such sale of an instrument on a day costs the depository's fee. */
export function isDeliverySell(segment: string, product: Product, side: Side): boolean {
  return side === Side.SELL && classOf(segment, product) === 'EQUITY_DELIVERY';
}

/** The date in India, "YYYY-MM-DD". */
export function dateInIndia(atMs: number): string {
  return new Date(atMs + indiaOffsetMs).toISOString().slice(0, 10);
}

/** The rate of each charge that holds on the date; the tax comes last, as in the table. */
function inForce(key: string, tradingDate: string): Iterable<Rate> {
  const current = new Map<ChargeName, Rate>();
  for (const rate of rates.get(key) ?? []) if (rate.from <= tradingDate) current.set(rate.name, rate);
  return current.values();
}

function classOf(segment: string, product: Product): ChargeClass | undefined {
  if (!isSegment(segment)) return undefined;
  const { trades } = segments[segment];
  return trades === 'SHARES' ? equityClassOf(product) : trades;
}

/** An order that does not say its product has no known rate. */
function equityClassOf(product: Product): ChargeClass | undefined {
  switch (product) {
    case Product.INTRADAY:
      return 'EQUITY_INTRADAY';
    case Product.DELIVERY:
    case Product.MARGIN:
    case Product.CARRY: // Shares that are kept overnight are delivered.
      return 'EQUITY_DELIVERY';
    case Product.UNSPECIFIED:
    case Product.UNRECOGNIZED:
      return undefined;
    default:
      return assertNever(product, 'the product');
  }
}

/** `amount / divisor`, where that is scaled 1e9, half up to paise. */
function toPaise(amount: bigint, divisor: bigint): bigint {
  const step = paisa * divisor;
  return ((amount + step / 2n) / step) * paisa;
}
