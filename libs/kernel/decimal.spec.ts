import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  abs,
  averagePrice,
  formatDecimal,
  InvalidDecimalError,
  isMultipleOf,
  max,
  min,
  Money,
  mulDiv,
  Notional,
  notional,
  notionalToMoney,
  parseDecimal,
  Price,
  Quantity,
  type Rounding,
} from './index.js';

const scaledMax = 10n ** 28n - 1n;
const upTo = (max: bigint) => fc.bigInt({ min: -max, max });
/** Small ones as often as large ones: what a double holds is read and written in another way. */
const anyScaled = fc.oneof(upTo(scaledMax), upTo(2n ** 54n), upTo(10n ** 12n), upTo(1_000n));

/** What a decimal text means, the slow and obvious way. */
function naiveParse(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,19})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return undefined;
  const scaled = BigInt(match[2]! + (match[3] ?? '').padEnd(9, '0'));
  return match[1] ? -scaled : scaled;
}

/** Division by cases: the floor of the absolute values first, then the rule, then the sign. */
function naiveDivide(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  const sign = dividend < 0n !== divisor < 0n ? -1n : 1n;
  const [n, d] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor];
  const floor = n / d;
  const isExact = floor * d === n;
  const half = 2n * (n - floor * d) - d;
  const goesUp = !isExact && (rounding === 'up' || (rounding === 'half-even' && (half > 0n || (half === 0n && floor % 2n === 1n))));
  return sign * (goesUp ? floor + 1n : floor);
}

describe('parseDecimal', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['-0.000', 0n],
    ['1', 1_000_000_000n],
    ['007.50', 7_500_000_000n],
    ['1500.05', 1_500_050_000_000n],
    ['-0.000000001', -1n],
    ['123456.123456789', 123_456_123_456_789n],
    ['1234567.123456789', 1_234_567_123_456_789n],
    ['9999999999999999999.999999999', scaledMax],
    ['-9999999999999999999.999999999', -scaledMax],
  ])('reads %s', (text, scaled) => {
    expect(parseDecimal(text)).toEqual({ ok: true, value: scaled });
  });

  it.each([
    ['', 'MALFORMED'],
    ['-', 'MALFORMED'],
    ['.', 'MALFORMED'],
    ['.5', 'MALFORMED'],
    ['5.', 'MALFORMED'],
    ['-.5', 'MALFORMED'],
    ['+1', 'MALFORMED'],
    ['1e3', 'MALFORMED'],
    [' 1', 'MALFORMED'],
    ['1 ', 'MALFORMED'],
    ['1\n', 'MALFORMED'],
    ['1,000', 'MALFORMED'],
    ['1.2.3', 'MALFORMED'],
    ['--1', 'MALFORMED'],
    ['1-', 'MALFORMED'],
    ['0x10', 'MALFORMED'],
    ['NaN', 'MALFORMED'],
    ['Infinity', 'MALFORMED'],
    ['١', 'MALFORMED'],
    ['1_0', 'MALFORMED'],
    ['10000000000000000000', 'TOO_MANY_INTEGER_DIGITS'],
    ['00000000000000000001', 'TOO_MANY_INTEGER_DIGITS'],
    ['0.0000000001', 'TOO_MANY_DECIMALS'],
    ['0.1000000000', 'TOO_MANY_DECIMALS'],
  ])('refuses %j as %s', (text, code) => {
    expect(parseDecimal(text)).toEqual({ ok: false, error: { code, rule: expect.stringMatching(/^a decimal /) } });
  });

  it('refuses what is no text at all', () => {
    for (const value of [1, null, undefined, {}, ['1']]) expect(parseDecimal(value as never).ok).toBe(false);
  });

  it('agrees with a naive model on every text of its alphabet', () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789.-+e '), maxLength: 32 }),
      fc.stringMatching(/^-?\d{1,21}(\.\d{1,11})?$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseDecimal(text);
        expect(parsed.ok ? parsed.value : undefined).toBe(naiveParse(text));
      }),
    );
  });
});

describe('formatDecimal', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [-1n, '-0.000000001'],
    [1_000_000_000n, '1'],
    [-1_000_000_000n, '-1'],
    [100_000_000_000n, '100'],
    [1_500_050_000_000n, '1500.05'],
    [-500_000_000n, '-0.5'],
    [scaledMax, '9999999999999999999.999999999'],
  ])('writes %s as %s', (scaled, text) => {
    expect(formatDecimal(scaled)).toBe(text);
  });

  it('round trips, and its text is canonical', () => {
    fc.assert(
      fc.property(fc.oneof(anyScaled, fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })), (scaled) => {
        const text = formatDecimal(scaled);
        expect(parseDecimal(text)).toEqual({ ok: true, value: scaled });
        expect(text).toMatch(/^(0|-?(0\.\d*[1-9]|[1-9]\d*(\.\d*[1-9])?))$/);
      }),
    );
  });
});

describe('Price, Quantity, Money', () => {
  it('read a text or say the rule', () => {
    expect(Price('1500.05')).toBe(1_500_050_000_000n);
    expect(Quantity.parse('10')).toEqual({ ok: true, value: 10_000_000_000n });
    expect(Money.parse('1e3').ok).toBe(false);
    expect(() => Price('1e3')).toThrow(InvalidDecimalError);
    expect(() => Price('1e3')).toThrow(/^Price: a decimal is/);
    expect([Price.zero, Quantity.zero, Money.zero, Notional.zero]).toEqual([0n, 0n, 0n, 0n]);
  });

  it('a computed value must fit numeric(28,9)', () => {
    expect(Money.fromScaled(scaledMax)).toBe(scaledMax);
    expect(() => Money.fromScaled(scaledMax + 1n)).toThrow('Invariant: a Money fits numeric(28,9)');
    expect(() => Money.fromScaled(-scaledMax - 1n)).toThrow('Invariant');
  });
});

describe('arithmetic', () => {
  it('a notional is exact, and money is its rounding', () => {
    const value = notional(Price('0.000000001'), Quantity('1.5'));
    expect(value).toBe(1_500_000_000n);
    expect(notionalToMoney(value, 'down')).toBe(1n);
    expect(notionalToMoney(value, 'up')).toBe(2n);
    expect(notionalToMoney(value, 'half-even')).toBe(2n);
    expect(notionalToMoney(notional(Price('0.000000001'), Quantity('2.5')), 'half-even')).toBe(2n);
    expect(notionalToMoney(notional(Price('-0.000000001'), Quantity('1.5')), 'up')).toBe(-2n);
    expect(notionalToMoney(notional(Price('-0.000000001'), Quantity('1.5')), 'down')).toBe(-1n);
  });

  it('the average of fills comes from exact notionals', () => {
    const total = Notional.fromScaled(notional(Price('100'), Quantity('1')) + notional(Price('101'), Quantity('2')));
    expect(formatDecimal(averagePrice(total, Quantity('3')))).toBe('100.666666667');
    expect(() => averagePrice(total, Quantity.zero)).toThrow('Invariant: a divisor is not zero');
  });

  it('the average of fills at one price is that price', () => {
    const aPrice = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((n) => Price.fromScaled(n));
    const quantities = fc.array(
      fc.bigInt({ min: 1n, max: 10n ** 18n }).map((n) => Quantity.fromScaled(n)),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(aPrice, quantities, (price, fills) => {
        const total = Notional.fromScaled(fills.reduce((sum, qty) => sum + notional(price, qty), 0n));
        expect(averagePrice(total, Quantity.fromScaled(fills.reduce((sum, qty) => sum + qty, 0n)))).toBe(price);
      }),
    );
  });

  it('mulDiv agrees with a naive model in every rounding', () => {
    const small = fc.bigInt({ min: -50n, max: 50n });
    const operand = fc.oneof(small, anyScaled);
    fc.assert(
      fc.property(
        operand,
        operand,
        operand.filter((n) => n !== 0n),
        fc.constantFrom<Rounding>('down', 'up', 'half-even'),
        (a, b, divisor, rounding) => {
          expect(mulDiv(a, b, divisor, rounding)).toBe(naiveDivide(a * b, divisor, rounding));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('abs, min, max', () => {
    expect([abs(-3n), abs(3n), abs(0n)]).toEqual([3n, 3n, 0n]);
    expect([min(1n, 2n), min(2n, 1n), max(1n, 2n), max(2n, 1n)]).toEqual([1n, 1n, 2n, 2n]);
  });

  it.each([
    ['1500.05', '0.05', true],
    ['1500.06', '0.05', false],
    ['-0.10', '0.05', true],
    ['0', '0.05', true],
    ['0.04', '0.05', false],
  ])('%s is a multiple of %s: %s', (value, step, answer) => {
    expect(isMultipleOf(Price(value), Price(step))).toBe(answer);
  });

  it('a step is positive', () => {
    expect(() => isMultipleOf(1n, 0n)).toThrow('Invariant: a step is positive');
  });
});
