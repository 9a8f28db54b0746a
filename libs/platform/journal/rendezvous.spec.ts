import { describe, expect, it } from '@jest/globals';
import { rendezvous } from './rendezvous.js';

const units = [...Array(256).keys()].map((n) => `orders/${n.toString(16).padStart(2, '0')}`);
const share = (names: readonly string[]): Map<string, string | undefined> => new Map(units.map((unit) => [unit, rendezvous(unit, names)]));

describe('rendezvous', () => {
  it('does not depend on the order of the names', () => {
    expect(share(['a', 'b', 'c'])).toEqual(share(['c', 'a', 'b']));
  });

  it('gives each of three between a fifth and a half of 256 units', () => {
    const counts = ['a', 'b', 'c'].map((name) => [...share(['a', 'b', 'c']).values()].filter((winner) => winner === name).length);
    for (const count of counts) {
      expect(count).toBeGreaterThan(256 / 5);
      expect(count).toBeLessThan(256 / 2);
    }
  });

  it('moves only the units of a name that goes', () => {
    const [before, after] = [share(['a', 'b', 'c']), share(['a', 'c'])];
    for (const [unit, winner] of before) if (winner !== 'b') expect(after.get(unit)).toBe(winner);
  });

  it('is undefined without names', () => {
    expect(rendezvous('u', [])).toBeUndefined();
  });
});
