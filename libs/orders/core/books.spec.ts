import { describe, expect, it } from '@jest/globals';
import { HaltScope, Reason, StatusCode, TradingState, type Halt } from '@switchyard/contracts';
import { Instrument, InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { InvariantError } from '@switchyard/kernel';
import { foldAccount, toAccountMessage } from './account.js';
import { CreditBook, HeldCredits } from './credits.js';
import { HaltTable } from './halts.js';
import { InstrumentTable } from './instruments.js';
import { accountFromSnapshot, accountToSnapshot, orderFromSnapshot, orderToSnapshot } from './order-snapshot.js';
import { ownerLimitsOf } from './owner-options.js';
import { resolveInstrument } from './routing.js';
import { Lane, ShardState } from './shard-state.js';
import { anOrder } from './testing/index.js';
import { indianTradingDate } from './trading-date.js';

describe('the halts in force', () => {
  const subject = { accountId: 'DEMO', broker: 'paper', strategyId: 'S', instrumentId: 'i-infy' };
  const halt = (scope: HaltScope, key: string): Halt => ({ haltId: `${scope}`, scope, key, text: '', actor: '', atMs: 0 });

  it.each([
    [HaltScope.ALL, '', true],
    [HaltScope.BROKER, 'paper', true],
    [HaltScope.BROKER, 'other', false],
    [HaltScope.ACCOUNT, 'DEMO', true],
    [HaltScope.ACCOUNT, 'DEMO2', false],
    [HaltScope.STRATEGY, 'S', true],
    [HaltScope.STRATEGY, 'T', false],
    [HaltScope.INSTRUMENT, 'i-infy', true],
    [HaltScope.INSTRUMENT, 'i-tcs', false],
    [HaltScope.UNRECOGNIZED, 'x', true], // An unknown scope stops everything.
  ])('of scope %s and key "%s" cover the order: %s', (scope, key, covers) => {
    const table = new HaltTable();
    table.put(1, [halt(scope, key)]);
    expect(table.covering(subject) !== undefined).toBe(covers);
  });

  it('does not take an order without a strategy for one of a halted strategy', () => {
    const table = new HaltTable();
    table.put(1, [halt(HaltScope.STRATEGY, '')]);
    expect(table.covering({ ...subject, strategyId: '' })).toBeUndefined();
  });

  it('are replaced as a whole, never by an older version', () => {
    const table = new HaltTable();
    expect(table.put(5, [halt(HaltScope.ALL, '')])).toBe(5);
    expect(table.put(4, [])).toBe(5);
    expect(table.covering(subject)).toBeDefined();
    expect(table.put(6, [])).toBe(6);
    expect([table.covering(subject), table.version]).toEqual([undefined, 6]);
  });
});

describe('the instruments', () => {
  const instrument = (instrumentId: string, symbol: string, exchange = 'NSE', status = InstrumentStatus.ACTIVE): Instrument =>
    Instrument.fromPartial({ instrumentId, symbol, exchange, currency: 'INR', status });
  const table = new InstrumentTable();
  for (const each of [
    instrument('i-infy', 'INFY'),
    instrument('i-both-1', 'BOTH'),
    instrument('i-both-2', 'BOTH', 'BSE'),
    instrument('i-old', 'OLD'),
    instrument('i-gone', 'GONE', 'NSE', InstrumentStatus.EXPIRED),
    instrument('i-split-1', 'SPLIT'),
    instrument('i-split-2', 'SPLIT'),
    instrument('i-ended-1', 'ENDED', 'NSE', InstrumentStatus.EXPIRED),
    instrument('i-ended-2', 'ENDED', 'NSE', InstrumentStatus.EXPIRED),
  ])
    table.put(each);
  table.put(instrument('i-old', 'NEW'));
  table.put(instrument('i-split-1', 'SPLIT', 'NSE', InstrumentStatus.EXPIRED));

  it.each([
    ['i-infy', 'i-infy'],
    ['NSE:INFY', 'i-infy'],
    ['nse:infy', 'i-infy'],
    ['INFY', 'i-infy'],
    ['BOTH', 'INSTRUMENT_AMBIGUOUS'],
    ['BSE:BOTH', 'i-both-2'],
    ['NSE:NEW', 'i-old'],
    ['OLD', 'INSTRUMENT_UNKNOWN'],
    ['NSE:GONE', 'i-gone'],
    ['GONE', 'INSTRUMENT_UNKNOWN'],
    // A split changes the ISIN: the listing passes from an expired instrument to a new one.
    ['NSE:SPLIT', 'i-split-2'],
    ['SPLIT', 'i-split-2'],
    ['i-split-1', 'i-split-1'],
    ['NSE:ENDED', 'i-ended-2'],
    ['I-INFY', 'INSTRUMENT_UNKNOWN'],
    ['', 'INSTRUMENT_UNKNOWN'],
  ])('have "%s" for %s', (text, expected) => {
    const found = table.resolve(text);
    expect('reason' in found ? Reason[found.reason] : found.instrumentId).toBe(expected);
  });

  it('that were not all read let nobody say for good that one is missing', () => {
    const error = resolveInstrument({ resolve: () => ({ reason: Reason.NOT_READY }) }, 'NSE:INFY');
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, message: 'The instruments are not known yet.' });
  });
});

describe('credits', () => {
  it('are nothing until the holder grants some, and are given back once', () => {
    const book = new CreditBook(250);
    const held = new HeldCredits(book);
    expect(held.take('o-1', 's')).toBe(250);
    book.grant('s', 1, 30);
    expect(held.take('o-1', 's')).toBeUndefined();
    expect(held.take('o-2', 's')).toBe(30);
    held.release('o-1');
    held.release('o-1');
    expect(book.held('s')).toBe(0);
    expect(() => book.release('s')).toThrow(InvariantError);
  });

  it('count what is under way after recovery, whatever is granted', () => {
    const book = new CreditBook();
    const held = new HeldCredits(book);
    book.grant('s', 1, 30);
    held.hold('o-1', 's');
    held.hold('o-2', 's');
    expect(held.take('o-3', 's')).toBe(30);
    held.releaseAll();
    expect([book.held('s'), book.held('unknown')]).toEqual([0, 0]);
  });
});

describe('an account', () => {
  const event = (accountSeq: number, body: OrderEvent['event']): OrderEvent => ({
    accountId: 'DEMO',
    accountSeq,
    atMs: 0,
    tradingDate: '',
    process: '',
    state: undefined,
    event: body,
  });
  const opened = event(1, { $case: 'accountOpened', value: { name: 'Demo', baseCurrency: 'INR', riskGroupId: 'DEMO', routes: [] } });
  const account = foldAccount(undefined, opened);

  it('is folded from its events, without a gap', () => {
    const cash = event(2, { $case: 'cashAdjusted', value: { adjustmentId: 'J', currency: 'INR', amount: '1', text: '', actor: '' } });
    expect(foldAccount(account, cash)).toEqual({ ...account, accountSeq: 2 });
    for (const wrong of [event(3, cash.event), event(2, opened.event), event(2, undefined), { ...cash, accountId: 'OTHER' }])
      expect(() => foldAccount(account, wrong)).toThrow(InvariantError);
    expect(() => foldAccount(undefined, event(1, cash.event))).toThrow(InvariantError);
  });

  it('is shown with its shard, and kept in its row without loss', () => {
    const halted = foldAccount(
      account,
      event(2, { $case: 'tradingStateChanged', value: { tradingState: TradingState.HALTED, text: 'x', actor: '' } }),
    );
    expect(toAccountMessage(halted)).toMatchObject({
      accountId: 'DEMO',
      tradingState: TradingState.HALTED,
      tradingStateText: 'x',
      shard: expect.stringMatching(/^[0-9a-f]{2}$/),
    });
    expect(accountFromSnapshot(accountToSnapshot(halted))).toEqual(halted);
  });
});

describe('a row', () => {
  it('of another version is refused', () => {
    expect(() => orderFromSnapshot(orderToSnapshot(anOrder()).replace('"version":1', '"version":2'))).toThrow(InvariantError);
    expect(() => accountFromSnapshot('{"version":2}')).toThrow(InvariantError);
  });
});

describe('a lane', () => {
  it('is held by one, and handed on in order', async () => {
    const lane = new Lane();
    const order: string[] = [];
    expect(lane.acquire()).toBeUndefined();
    const waiting = ['a', 'b'].map(async (name) => {
      await lane.acquire();
      order.push(name);
      lane.release();
    });
    lane.release();
    await Promise.all(waiting);
    expect([order, lane.held]).toEqual([['a', 'b'], false]);
    expect(() => lane.release()).toThrow(InvariantError);
  });
});

describe('the state of a shard', () => {
  it('takes an order only of an account that it knows, and each once', () => {
    const state = new ShardState({ finalOrdersMax: 1, finalOrderRetentionMs: 1 });
    expect(() => state.adopt(anOrder(), 0)).toThrow(InvariantError);
    state.load(
      [
        {
          accountId: 'DEMO',
          name: '',
          baseCurrency: 'INR',
          riskGroupId: 'DEMO',
          routes: [],
          tradingState: TradingState.ACTIVE,
          tradingStateText: '',
          accountSeq: 9,
        },
      ],
      [anOrder()],
    );
    expect(() => state.adopt(anOrder(), 0)).toThrow(InvariantError);
    expect(() => state.load([], [])).toThrow(InvariantError);
  });
});

describe('limits', () => {
  it('must agree with each other', () => {
    expect(ownerLimitsOf({ riskDeadlineMs: 20 }).riskDeadlineMs).toBe(20);
    for (const wrong of [{ riskDeadlineMs: 0.5 }, { reportsPerChangeMax: 0 }, { reportsQueuedMax: 1 }, { sendWithinMs: 10 }])
      expect(() => ownerLimitsOf(wrong)).toThrow(InvariantError);
  });
});

describe('the trading date', () => {
  it.each([
    ['2026-11-20T18:29:59.999Z', '2026-11-20'],
    ['2026-11-20T18:30:00.000Z', '2026-11-21'],
    ['2026-11-21T18:29:59.999Z', '2026-11-21'],
  ])('at %s is %s in India', (instant, date) => {
    expect(indianTradingDate(Date.parse(instant))).toBe(date);
  });
});
