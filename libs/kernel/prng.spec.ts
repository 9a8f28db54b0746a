import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Prng } from './index.js';

const draws = (prng: Prng, count: number): number[] => Array.from({ length: count }, () => prng.u32());

describe('Prng', () => {
  // The golden numbers come from a separate implementation in Python with unbounded integers.
  it.each([
    ['42', [525357159, 3402160022, 1011003302, 4255893469, 578260495, 3578222211]],
    ['', [2218925363, 143031543, 3814219833, 2393514047]],
    ['42/a', [3640954669, 3649927069, 787496006, 1696513747]],
  ])('seed %j gives the golden numbers', (seed, golden) => {
    expect(draws(new Prng(seed), golden.length)).toEqual(golden);
  });

  it('a number and its text are one seed, and the seed can be printed', () => {
    expect(draws(new Prng(42), 5)).toEqual(draws(new Prng('42'), 5));
    expect(new Prng(42).fork('a').fork('b').seed).toBe('42/a/b');
  });

  it('a fork depends on the label, not on what was drawn before', () => {
    const used = new Prng(42);
    draws(used, 100);
    expect(draws(used.fork('a'), 4)).toEqual([3640954669, 3649927069, 787496006, 1696513747]);
    expect(draws(used.fork('b'), 4)).not.toEqual(draws(used.fork('a'), 4));
  });

  it('below(n) is floor(u32 * n / 2^32), exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 }),
        fc.oneof(fc.integer({ min: 1, max: 2 ** 32 }), fc.constantFrom(1, 2 ** 32, 2 ** 32 - 1)),
        (seed, n) => {
          const u32 = new Prng(seed).u32();
          expect(new Prng(seed).below(n)).toBe(Number((BigInt(u32) * BigInt(n)) >> 32n));
        },
      ),
    );
  });

  it('below(n) takes a whole n from 1 to 2^32', () => {
    for (const n of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => new Prng(1).below(n)).toThrow('Invariant: below(n)');
  });

  it('pick takes every item in the end, and nothing from an empty list', () => {
    const prng = new Prng(7);
    expect(new Set(Array.from({ length: 100 }, () => prng.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
    expect(() => prng.pick([])).toThrow('Invariant');
  });

  it('chance keeps its odds', () => {
    const prng = new Prng(7);
    const hits = Array.from({ length: 10_000 }, () => prng.chance(1, 4)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(2_300);
    expect(hits).toBeLessThan(2_700);
    expect([prng.chance(0, 4), prng.chance(4, 4)]).toEqual([false, true]);
  });

  it('bytes are the top bytes of the draws', () => {
    expect([...new Prng(42).bytes(4)]).toEqual(draws(new Prng(42), 4).map((draw) => draw >>> 24));
  });
});
