import { describe, expect, it } from '@jest/globals';
import { type Coverage, least, missingOf } from './coverage.js';
import { limitUse } from './judge/books.js';
import { aFact, clean } from './judge/small-evidence.js';

const enough: Coverage = {
  failpoints: { 'orders.after-commit': 1 },
  orders: 800,
  ordersWanted: 800,
  trades: least.trades,
  doubts: { found: 1, provenAbsent: 1 },
  sessionMoves: 1,
  limit: { refusals: least.refusals, peakPercent: least.peakPercent },
  replaces: least.replaces,
};

describe('a run that met too little', () => {
  it('is none that met all of it', () => {
    expect(missingOf(enough)).toEqual([]);
  });

  it.each<[Partial<Coverage>, string]>([
    [{ failpoints: { a: 1, b: 0 } }, 'failpoint b was never hit'],
    [{ orders: 799 }, '799 orders were placed, 800 were asked for'],
    [{ trades: 0 }, 'there were 0 trades, at least 20 must be'],
    [{ replaces: 2 }, '2 replaces reached the venue, at least 3 must'],
    [
      { limit: { refusals: 4, peakPercent: 100 } },
      'the limit of open value refused 4 requests, it must refuse at least 5: a leak would not show',
    ],
    [{ limit: { refusals: 5, peakPercent: 59 } }, 'an account never had more than 59 % of its limit open, each must come to 60 %'],
    [{ doubts: { found: 0, provenAbsent: 1 } }, 'no doubt was resolved by finding the request'],
    [{ doubts: { found: 1, provenAbsent: 0 } }, 'no doubt was resolved by proof of absence'],
    [{ sessionMoves: 0 }, 'no session moved to another connector'],
  ])('says what: %j', (change, text) => {
    expect(missingOf({ ...enough, ...change })).toEqual([{ invariant: 'coverage', text }]);
  });
});

describe('the use of the limit', () => {
  it('is the most that was open, of the account that came least near, and how often it refused', () => {
    const evidence = clean();
    expect(limitUse(evidence)).toEqual({ refusals: 0, peakPercent: 100 });
    const accounts = evidence.accounts.map((account) => ({ ...account, openValueMax: '4000' }));
    expect(limitUse({ ...evidence, accounts })).toEqual({ refusals: 0, peakPercent: 25 });
    expect(limitUse({ ...evidence, accounts: [...evidence.accounts, { ...accounts[0]!, accountId: 'IDLE' }] }).peakPercent).toBe(0);
    const denied = aFact(evidence, 'orderDenied', { orderId: 'o2', reason: 'REASON_OPEN_VALUE_EXCEEDS_MAXIMUM' });
    const other = aFact(evidence, 'orderDenied', { orderId: 'o3', reason: 'REASON_KILL_SWITCH' });
    expect(limitUse({ ...evidence, facts: [...evidence.facts, denied, other] }).refusals).toBe(1);
  });
});
