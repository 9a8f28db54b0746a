// Exact decimals as scaled bigints. Prices, quantities and money have 9 decimals (the value times 1e9); a notional, the exact
// product of a price and a quantity, has 18. Texts on the wire, numeric(28,9) in the database, and never a floating point number.
import { assert } from './assert.js';
import { err, ok, type Result } from './result.js';

/** A price per unit, scaled 1e9. May be negative (spreads, rates). */
export type Price = bigint & { readonly __brand: 'Price' };
/** A quantity, scaled 1e9. Signed, so that it also names net positions; who needs a positive one says so. */
export type Quantity = bigint & { readonly __brand: 'Quantity' };
/** An amount of some currency, scaled 1e9. */
export type Money = bigint & { readonly __brand: 'Money' };
/** An exact price times quantity, scaled 1e18; sums of notionals lose nothing. */
export type Notional = bigint & { readonly __brand: 'Notional' };

/** `down` cuts towards zero, `up` goes away from zero, `half-even` takes the nearest and the even one of two equally near. */
export type Rounding = 'down' | 'up' | 'half-even';

/** Why a text is not a decimal, in the order in which the rules are checked. */
export type DecimalErrorCode = 'MALFORMED' | 'TOO_MANY_INTEGER_DIGITS' | 'TOO_MANY_DECIMALS';

/** A text that is not a decimal, and the rule that it breaks as a sentence. */
export interface DecimalError {
  readonly code: DecimalErrorCode;
  readonly rule: string;
}

/** Thrown by `Price(text)`, `Quantity(text)` and `Money(text)`. */
export class InvalidDecimalError extends Error implements DecimalError {
  override readonly name = 'InvalidDecimalError';
  readonly code: DecimalErrorCode;
  readonly rule: string;

  constructor(kind: string, { code, rule }: DecimalError) {
    super(`${kind}: ${rule}`);
    this.code = code;
    this.rule = rule;
  }
}

const scaleDigits = 9;
const integerDigitsMax = 19;
const one = 10n ** 9n;
/** The largest absolute value that numeric(28,9) holds, scaled 1e9. */
const scaledMax = 10n ** 28n - 1n;
const powersOfTen = Array.from({ length: scaleDigits + 1 }, (_, exponent) => 10n ** BigInt(exponent));
/** What a double holds exactly is reckoned in doubles, which make no objects: nearly every price and quantity. */
const exactMax = Number.MAX_SAFE_INTEGER;
const oneAsNumber = 1e9;
const powersAsNumbers = powersOfTen.map(Number);

const malformed: DecimalError = Object.freeze({
  code: 'MALFORMED',
  rule: 'a decimal is an optional minus, digits, and optionally a point with 1 to 9 digits; no plus, exponent, spaces or separators',
});
const tooManyIntegerDigits: DecimalError = Object.freeze({
  code: 'TOO_MANY_INTEGER_DIGITS',
  rule: `a decimal has at most ${integerDigitsMax} digits before the point`,
});
const tooManyDecimals: DecimalError = Object.freeze({
  code: 'TOO_MANY_DECIMALS',
  rule: `a decimal has at most ${scaleDigits} digits after the point`,
});

/** Reads `-?digits[.digits{1,9}]` into a bigint scaled 1e9. `-0` is zero, and leading zeros count as digits. */
export function parseDecimal(text: string): Result<bigint, DecimalError> {
  if (typeof text !== 'string') return err(malformed);
  const length = text.length;
  const start = text.charCodeAt(0) === 45 ? 1 : 0;
  let pointAt = -1;
  let integer = 0; // The digits without the point: a whole number, used only while it is exact.
  for (let at = start; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) integer = integer * 10 + digit;
    else if (digit === -2 && pointAt < 0) pointAt = at;
    else return err(malformed);
  }
  const integerEnd = pointAt < 0 ? length : pointAt;
  const integerDigits = integerEnd - start;
  const decimals = pointAt < 0 ? 0 : length - pointAt - 1;
  if (integerDigits === 0 || (pointAt >= 0 && decimals === 0)) return err(malformed);
  if (integerDigits > integerDigitsMax) return err(tooManyIntegerDigits);
  if (decimals > scaleDigits) return err(tooManyDecimals);
  const exact = integer * powersAsNumbers[scaleDigits - decimals]!;
  if (exact <= exactMax) return ok(BigInt(start === 1 ? -exact : exact));
  const digits = BigInt(text.slice(start, integerEnd) + text.slice(integerEnd + 1));
  const scaled = digits * powersOfTen[scaleDigits - decimals]!;
  return ok(start === 1 ? -scaled : scaled);
}

/** Writes a bigint scaled 1e9 in its one canonical form: no exponent, no trailing zeros, no bare point, no `-0`. */
export function formatDecimal(scaled: bigint): string {
  const exact = Number(scaled);
  if (Math.abs(exact) > exactMax) return formatLarge(scaled);
  const rest = exact % oneAsNumber;
  const integer = (exact - rest) / oneAsNumber;
  if (rest === 0) return String(integer);
  const decimals = String(oneAsNumber + Math.abs(rest)); // A one, and the nine decimals.
  let end = decimals.length;
  while (decimals.charCodeAt(end - 1) === 48) end--;
  return `${exact < 0 && integer === 0 ? '-' : ''}${integer}.${decimals.slice(1, end)}`;
}

function formatLarge(scaled: bigint): string {
  const negative = scaled < 0n;
  const digits = (negative ? -scaled : scaled).toString().padStart(scaleDigits + 1, '0');
  const integerEnd = digits.length - scaleDigits;
  let end = digits.length;
  while (end > integerEnd && digits.charCodeAt(end - 1) === 48) end--;
  const integer = (negative ? '-' : '') + digits.slice(0, integerEnd);
  return end === integerEnd ? integer : `${integer}.${digits.slice(integerEnd, end)}`;
}

/** The checked constructor of one kind of decimal with scale 9. */
export interface DecimalType<T extends bigint> {
  /** Reads a text; throws `InvalidDecimalError`. For texts that our own code made or stored. */
  (text: string): T;
  /** Reads a text that comes from outside. */
  parse(text: string): Result<T, DecimalError>;
  /** Names a computed bigint (scaled 1e9); asserts that numeric(28,9) can hold it. */
  fromScaled(scaled: bigint): T;
  readonly zero: T;
}

function decimalType<T extends bigint>(kind: string): DecimalType<T> {
  // Only the text's syntax is checked: every decimal that parses is in range, by the limit of its digits.
  const parse = (text: string): Result<T, DecimalError> => parseDecimal(text) as Result<T, DecimalError>;
  const construct = (text: string): T => {
    const parsed = parse(text);
    if (!parsed.ok) throw new InvalidDecimalError(kind, parsed.error);
    return parsed.value;
  };
  const fromScaled = (scaled: bigint): T => {
    assert(scaled <= scaledMax && scaled >= -scaledMax, `a ${kind} fits numeric(28,9)`);
    return scaled as T;
  };
  return Object.assign(construct, { parse, fromScaled, zero: 0n as T });
}

export const Price = decimalType<Price>('Price');
export const Quantity = decimalType<Quantity>('Quantity');
export const Money = decimalType<Money>('Money');

/** Names computed notionals (sums, differences); a notional comes from `notional` and has no text form. */
export const Notional = {
  zero: 0n as Notional,
  fromScaled: (scaled: bigint): Notional => scaled as Notional,
} as const;

/** The exact product of a price and a quantity. */
export function notional(price: Price, qty: Quantity): Notional {
  return (price * qty) as Notional;
}

/** Rounds an exact notional to money; asserts that numeric(28,9) can hold it. */
export function notionalToMoney(value: Notional, rounding: Rounding): Money {
  return Money.fromScaled(divide(value, one, rounding));
}

/** The average price of a total, half-even; asserts that the quantity is not zero. */
export function averagePrice(totalNotional: Notional, totalQty: Quantity): Price {
  return Price.fromScaled(divide(totalNotional, totalQty, 'half-even'));
}

/** `a * b / divisor` with one rounding, at the end; asserts that the divisor is not zero. Scales are the caller's affair. */
export function mulDiv(a: bigint, b: bigint, divisor: bigint, rounding: Rounding): bigint {
  return divide(a * b, divisor, rounding);
}

/** The absolute value. */
export function abs<T extends bigint>(value: T): T {
  return (value < 0n ? -value : value) as T;
}

/** The smaller of two. */
export function min<T extends bigint>(a: T, b: T): T {
  return b < a ? b : a;
}

/** The larger of two. */
export function max<T extends bigint>(a: T, b: T): T {
  return b > a ? b : a;
}

/** Whether a price lies on its tick, or a quantity on its lot, both of one scale; asserts that the step is positive. */
export function isMultipleOf(value: bigint, step: bigint): boolean {
  assert(step > 0n, 'a step is positive');
  return value % step === 0n;
}

function divide(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  assert(divisor !== 0n, 'a divisor is not zero');
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  if (remainder === 0n || rounding === 'down') return quotient;
  const away = quotient + (dividend < 0n === divisor < 0n ? 1n : -1n);
  if (rounding === 'up') return away;
  const twice = abs(remainder) * 2n;
  const size = abs(divisor);
  if (twice !== size) return twice > size ? away : quotient;
  return quotient % 2n === 0n ? quotient : away;
}
