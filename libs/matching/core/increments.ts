// The venue's edge: decimals of the wire become whole ticks and lots here, or are refused.
import { Reason } from '@switchyard/contracts';
import { assert, err, formatDecimal, ok, parseDecimal, type Result } from '@switchyard/kernel';
import { stepsMax } from './engine/index.js';

/** Why the venue refuses something. */
export interface Refusal {
  readonly reason: Reason;
  readonly text: string;
}

export function refusal(reason: Reason, text: string): { readonly ok: false; readonly error: Refusal } {
  return err({ reason, text });
}

/** An instrument's tick and lot. */
export class Increments {
  readonly #tick: bigint;
  readonly #lot: bigint;

  private constructor(
    /** Decimals, canonical. */
    readonly tickSize: string,
    readonly lotSize: string,
  ) {
    this.#tick = positive(tickSize);
    this.#lot = positive(lotSize);
  }

  static parse(tickSize: string, lotSize: string): Result<Increments, Refusal> {
    for (const [field, text] of [['tickSize', tickSize] as const, ['lotSize', lotSize] as const]) {
      const parsed = parseDecimal(text);
      if (!parsed.ok) return refusal(Reason.FIELD_MALFORMED, `${field}: ${parsed.error.rule}`);
      if (parsed.value <= 0n) return refusal(Reason.NOT_POSITIVE, `${field} must be greater than zero`);
    }
    return ok(new Increments(canonical(tickSize), canonical(lotSize)));
  }

  equals(other: Increments): boolean {
    return this.tickSize === other.tickSize && this.lotSize === other.lotSize;
  }

  /** Ticks, 1 or more. */
  ticks(price: string, what = 'price'): Result<number, Refusal> {
    return steps(price, this.#tick, what, `the tick ${this.tickSize}`);
  }

  /** Lots, 1 or more. */
  lots(qty: string, what = 'quantity'): Result<number, Refusal> {
    return steps(qty, this.#lot, what, `the lot ${this.lotSize}`);
  }

  /** Whole ticks of a scaled price, rounded down or up. */
  ticksOf(scaledPrice: bigint, rounding: 'down' | 'up'): bigint {
    return rounding === 'down' ? scaledPrice / this.#tick : (scaledPrice + this.#tick - 1n) / this.#tick;
  }

  /** Whole lots of a scaled quantity, rounded down. */
  lotsOf(scaledQty: bigint): bigint {
    return scaledQty / this.#lot;
  }

  price(ticks: number): string {
    return formatDecimal(this.scaledPrice(ticks));
  }

  qty(lots: number): string {
    return lots === 0 ? '0' : formatDecimal(this.scaledQty(lots));
  }

  /** Scaled 1e9. */
  scaledPrice(ticks: number): bigint {
    return BigInt(ticks) * this.#tick;
  }

  /** Scaled 1e9. */
  scaledQty(lots: number): bigint {
    return BigInt(lots) * this.#lot;
  }
}

function canonical(text: string): string {
  return formatDecimal(positive(text));
}

function positive(text: string): bigint {
  const parsed = parseDecimal(text);
  assert(parsed.ok && parsed.value > 0n, 'an increment is a decimal above zero');
  return parsed.value;
}

function steps(text: string, step: bigint, what: string, stepName: string): Result<number, Refusal> {
  const parsed = parseDecimal(text);
  if (text === '') return refusal(Reason.FIELD_REQUIRED, `the ${what} must be given`);
  if (!parsed.ok) return refusal(Reason.FIELD_MALFORMED, `the ${what} is malformed: ${parsed.error.rule}`);
  if (parsed.value <= 0n) return refusal(Reason.NOT_POSITIVE, `the ${what} must be greater than zero`);
  if (parsed.value % step !== 0n) return refusal(Reason.VENUE_INVALID_INCREMENT, `the ${what} ${text} is not a multiple of ${stepName}`);
  const count = parsed.value / step;
  if (count > BigInt(stepsMax))
    return refusal(Reason.OUT_OF_RANGE, `the ${what} ${text} is above the venue's limit of ${stepsMax} steps of ${stepName}`);
  return ok(Number(count));
}
