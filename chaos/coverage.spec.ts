import { describe, expect, it } from '@jest/globals';
import { type Coverage, kindsOf, least, missingOf } from './coverage.js';
import { type VenueCommand } from './evidence.js';
import { limitUse } from './judge/books.js';
import { aFact, clean } from './judge/small-evidence.js';
import { drawContent } from './order-content.js';
import { Random } from './random.js';
import { type Message } from './wire.js';

const enough: Coverage = {
  failpoints: { 'orders.after-commit': 1 },
  orders: 800,
  ordersWanted: 800,
  trades: least.trades,
  doubts: { found: 1, provenAbsent: 1 },
  sessionMoves: 1,
  limit: { refusals: least.refusals, peakPercent: least.peakPercent },
  replaces: least.replaces,
  kinds: { STOP: 1 },
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
    [{ kinds: { STOP: 1, iceberg: 0 } }, 'the venue met no order of the kind iceberg'],
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

describe('the kinds of orders', () => {
  it('are counted where the venue met them, and where a fact says what became of them', () => {
    const evidence = clean();
    const [first] = evidence.commands;
    const sent = (change: Message, dropped = false): VenueCommand => ({ ...first!, dropped, command: { ...first!.command, ...change } });
    const commands = [
      sent({ ordType: 'ORD_TYPE_STOP', timeInForce: 'TIME_IN_FORCE_GTD', marketProtection: '2', displayQty: '' }),
      sent({ ordType: 'ORD_TYPE_MARKET', marketProtection: '3' }),
      sent({ displayQty: '5', postOnly: true, selfTradePrevention: 'SELF_TRADE_PREVENTION_DECREMENT' }),
      sent({ product: 'PRODUCT_DELIVERY' }, true),
    ];
    const facts = [...evidence.facts, aFact(evidence, 'orderTriggered', { orderId: 'o1' })];
    const met = Object.entries(kindsOf({ commands, facts })).filter(([, count]) => count > 0);
    expect(Object.fromEntries(met)).toEqual({
      ...{ MARKET: 1, LIMIT: 1, STOP: 1, DAY: 2, GTD: 1, INTRADAY: 3, DECREMENT: 1 },
      ...{ iceberg: 1, 'post-only': 1, 'protection of its own': 1, triggered: 1 },
    });
  });

  it('are all drawn by the load, each often', () => {
    const random = new Random(5);
    const commands = Array.from({ length: 800 }, () => drawContent(random, 'NSE:ONE', () => '100', 1_000_000)).map(
      (command = {}): VenueCommand => ({ kind: 'newOrder', dropped: false, tag: '', atMs: 0, stream: 0, command }),
    );
    const drawn = Object.entries(kindsOf({ commands, facts: [] })).filter(([kind]) => !['triggered', 'expired'].includes(kind));
    expect(drawn.filter(([, count]) => count < 10)).toEqual([]);
  });

  it('are none while the market is not known', () => {
    expect(drawContent(new Random(5), 'NSE:ONE', () => undefined, 1_000_000)).toBeUndefined();
  });
});
