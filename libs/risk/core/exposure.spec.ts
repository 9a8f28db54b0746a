import { describe, expect, it } from '@jest/globals';
import { OrdStatus, OrdType, RequestKind, Side, TradingState } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { formatDecimal, Price, Quantity } from '@switchyard/kernel';
import { CannotFoldError, Exposure } from './exposure.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot.js';
import { aContent, FactBook, testStartMs } from './testing/index.js';

/** Folds facts as they are made; says in one line what the account holds and may come to hold. */
function given(story: (facts: FactBook, exposure: Exposure) => void): string {
  const exposure = new Exposure();
  const facts = new FactBook();
  const folded = (): void => {
    for (; next < facts.events.length; next++) exposure.apply(facts.events[next]!, testStartMs);
  };
  let next = 0;
  facts.open('A1', 'G1');
  folded();
  const folding = new Proxy(facts, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        folded();
        return result;
      };
    },
  });
  story(folding, exposure);
  return line(exposure);
}

function line(exposure: Exposure): string {
  const { totals, group } = exposure.account('A1')!;
  const { position, openBuyQty, openSellQty } = totals.instrument('INFY');
  const value = formatDecimal(totals.openValue / 1_000_000_000n);
  expect(group.totals).toEqual(totals); // One account: its group is the same.
  return `position ${formatDecimal(position)} buys ${formatDecimal(openBuyQty)} sells ${formatDecimal(openSellQty)} value ${value} orders ${totals.openOrders}`;
}

const buy10 = aContent();

function reserve(exposure: Exposure, checkId: number, orderId: string, orderQty: string, price: string): void {
  const account = exposure.account('A1')!;
  exposure.reserve(
    { orderId, account, instrumentId: 'INFY', side: Side.BUY },
    { checkId, orderQty: Quantity(orderQty), valuePx: Price(price) },
    testStartMs,
  );
}

describe('an order counts', () => {
  it('whole from when it is accepted, less what fills, until it is final', () => {
    expect(given((f) => f.accept('A1', 'O1', buy10))).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
    expect(given((f) => (f.accept('A1', 'O1', buy10), f.confirm('O1'), f.trade('O1', '4')))).toBe(
      'position 4 buys 6 sells 0 value 9000 orders 1',
    );
    expect(given((f) => (f.accept('A1', 'O1', buy10), f.trade('O1', '4'), f.trade('O1', '6')))).toBe(
      'position 10 buys 0 sells 0 value 0 orders 0',
    );
    expect(given((f) => (f.accept('A1', 'O1', aContent({ side: Side.SELL })), f.trade('O1', '4')))).toBe(
      'position -4 buys 0 sells 6 value 9000 orders 1',
    );
  });

  it.each([OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED] as const)(
    'no more once it is final (%s), and a late trade only moves the position',
    (status) => {
      expect(given((f) => (f.accept('A1', 'O1', buy10), f.end('O1', status)))).toBe('position 0 buys 0 sells 0 value 0 orders 0');
      expect(given((f) => (f.accept('A1', 'O1', buy10), f.end('O1', status), f.trade('O1', '3')))).toBe(
        'position 3 buys 0 sells 0 value 0 orders 0',
      );
    },
  );

  it('whole while it is in doubt or its cancel is pending', () => {
    expect(given((f) => (f.accept('A1', 'O1', buy10), f.inDoubt('O1', RequestKind.NEW)))).toBe(
      'position 0 buys 10 sells 0 value 15000 orders 1',
    );
    expect(given((f) => (f.accept('A1', 'O1', buy10), f.cancelRequested('O1')))).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
  });

  it('at the worst of old and new while a replace is pending, then as the broker says', () => {
    const pending = (f: FactBook): unknown => (f.accept('A1', 'O1', buy10), f.confirm('O1'), f.replaceRequested('O1', '20', '1400'));
    expect(given(pending)).toBe('position 0 buys 20 sells 0 value 30000 orders 1');
    expect(given((f) => (pending(f), f.trade('O1', '5')))).toBe('position 5 buys 15 sells 0 value 22500 orders 1');
    expect(given((f) => (pending(f), f.replaced('O1', '20', '1400')))).toBe('position 0 buys 20 sells 0 value 28000 orders 1');
    expect(given((f) => (pending(f), f.replaceRejected('O1')))).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
    expect(given((f) => (f.accept('A1', 'O1', buy10), f.replaceRequested('O1', '5', '1600')))).toBe(
      'position 0 buys 10 sells 0 value 16000 orders 1',
    );
  });

  it('at the higher stop price while a replace of it is pending, also after a fill', () => {
    const stop = aContent({ ordType: OrdType.STOP, price: undefined, stopPx: '1000', marketProtection: '10' });
    const pending = (f: FactBook): unknown => (f.accept('A1', 'O1', stop), f.replaceRequested('O1', '10', undefined, '2000'));
    expect(given((f) => f.accept('A1', 'O1', stop))).toBe('position 0 buys 10 sells 0 value 11000 orders 1');
    expect(given(pending)).toBe('position 0 buys 10 sells 0 value 22000 orders 1');
    expect(given((f) => (pending(f), f.trade('O1', '5')))).toBe('position 5 buys 5 sells 0 value 11000 orders 1');
    expect(given((f) => (pending(f), f.replaceRejected('O1')))).toBe('position 0 buys 10 sells 0 value 11000 orders 1');
  });

  it('while it waits for its stop price, and what the trigger made of it as before', () => {
    const stop = aContent({ ordType: OrdType.STOP, price: undefined, stopPx: '1000', marketProtection: '10' });
    const triggered = (f: FactBook): unknown => (f.accept('A1', 'O1', stop), f.confirm('O1'), f.triggered('O1'));
    expect(given(triggered)).toBe('position 0 buys 10 sells 0 value 11000 orders 1');
    expect(given((f) => (triggered(f), f.trade('O1', '4')))).toBe('position 4 buys 6 sells 0 value 6600 orders 1');
    const limit = aContent({ ordType: OrdType.STOP_LIMIT, price: '1010', stopPx: '1000' });
    const triggeredLimit = (f: FactBook): unknown => (f.accept('A1', 'O1', limit), f.triggered('O1'));
    expect(given(triggeredLimit)).toBe('position 0 buys 10 sells 0 value 10100 orders 1');
    expect(given((f) => (triggeredLimit(f), f.replaceRequested('O1', '10', '1020', '1000')))).toBe(
      'position 0 buys 10 sells 0 value 10200 orders 1',
    );
  });

  it('for a market-to-limit order as a MARKET order does, then at the price at which it rests', () => {
    const toLimit = aContent({ ordType: OrdType.MARKET_TO_LIMIT, price: undefined });
    const story = (f: FactBook): unknown => (f.accept('A1', 'O1', toLimit, '1000'), f.trade('O1', '4'));
    expect(given(story)).toBe('position 4 buys 6 sells 0 value 6180 orders 1');
    expect(given((f) => (story(f), f.restated('O1', '10', '1001')))).toBe('position 4 buys 6 sells 0 value 6006 orders 1');
  });

  it('whole for an iceberg, and less what a prevented self-trade took', () => {
    const iceberg = aContent({ displayQty: '1' });
    expect(given((f) => f.accept('A1', 'O1', iceberg))).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
    expect(given((f) => (f.accept('A1', 'O1', iceberg), f.trade('O1', '2'), f.restated('O1', '7', '1500')))).toBe(
      'position 2 buys 5 sells 0 value 7500 orders 1',
    );
  });

  it('for a MARKET order, at the price it was judged by, whatever happens later', () => {
    const market = aContent({ ordType: OrdType.MARKET, price: undefined, marketProtection: '10' });
    expect(given((f) => (f.accept('A1', 'O1', market, '1000'), f.trade('O1', '5', '1200')))).toBe(
      'position 5 buys 5 sells 0 value 5500 orders 1',
    );
    expect(given((f) => (f.accept('A1', 'O1', market, '1000'), f.replaceRequested('O1', '20', undefined, undefined, '1100')))).toBe(
      'position 0 buys 20 sells 0 value 24200 orders 1',
    );
  });

  it('nothing below zero when more fills than was ordered', () => {
    expect(
      given((f) => (f.accept('A1', 'O1', buy10), f.inDoubt('O1', RequestKind.NEW), f.trade('O1', '12'), f.accept('A1', 'O2', buy10))),
    ).toBe('position 12 buys 10 sells 0 value 15000 orders 1');
  });

  it('not at all when it was denied', () => {
    expect(given((f) => f.deny('A1', 'O1', buy10))).toBe('position 0 buys 0 sells 0 value 0 orders 0');
  });
});

describe('a reservation', () => {
  it('counts from the approval, and ends with the fact of its order', () => {
    expect(given((_, e) => reserve(e, 1, 'O1', '10', '1500'))).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
    expect(given((f, e) => (reserve(e, 1, 'O1', '10', '1500'), f.accept('A1', 'O1', buy10)))).toBe(
      'position 0 buys 10 sells 0 value 15000 orders 1',
    );
    expect(given((f, e) => (reserve(e, 1, 'O1', '10', '1500'), f.deny('A1', 'O1', buy10)))).toBe(
      'position 0 buys 0 sells 0 value 0 orders 0',
    );
    expect(given((f, e) => (reserve(e, 1, 'O1', '10', '1500'), f.accept('A1', 'O2', buy10)))).toBe(
      'position 0 buys 20 sells 0 value 30000 orders 2',
    );
  });

  it('ends with its abandon, and an abandon of what is gone does nothing', () => {
    const abandoned = given((f, e) => {
      reserve(e, 1, 'O1', '10', '1500');
      expect(e.abandon(1)).toBe(true);
      expect(e.abandon(1)).toBe(false);
      reserve(e, 2, 'O2', '10', '1500');
      f.accept('A1', 'O2', buy10);
      expect(e.abandon(2)).toBe(false);
      expect(e.reservationsCount).toBe(0);
    });
    expect(abandoned).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
  });

  it('of a replace counts the worst of old and new, and other facts of the order leave it', () => {
    const story = (f: FactBook, e: Exposure): unknown => (f.accept('A1', 'O1', buy10), reserve(e, 1, 'O1', '20', '1400'));
    expect(given(story)).toBe('position 0 buys 20 sells 0 value 30000 orders 1');
    expect(given((f, e) => (story(f, e), f.trade('O1', '5')))).toBe('position 5 buys 15 sells 0 value 22500 orders 1');
    expect(given((f, e) => (story(f, e), f.confirm('O1'), f.cancelRequested('O1')))).toBe(
      'position 0 buys 20 sells 0 value 30000 orders 1',
    );
    expect(given((f, e) => (story(f, e), f.replaceRequested('O1', '20', '1400'), f.replaced('O1', '20', '1400')))).toBe(
      'position 0 buys 20 sells 0 value 28000 orders 1',
    );
    expect(given((f, e) => (story(f, e), e.abandonAll()))).toBe('position 0 buys 10 sells 0 value 15000 orders 1');
    // The order ended before the replace was written down: the reservation stays until the owner abandons it.
    expect(given((f, e) => (story(f, e), f.end('O1', OrdStatus.CANCELED)))).toBe('position 0 buys 20 sells 0 value 28000 orders 1');
    expect(given((f, e) => (story(f, e), f.end('O1', OrdStatus.CANCELED), e.abandon(1)))).toBe(
      'position 0 buys 0 sells 0 value 0 orders 0',
    );
  });

  it('spends one command of the rate, once; facts of a rebuild count by their own time, and cancels apart', () => {
    given((f, e) => {
      const { commands, cancels, group } = e.account('A1')!;
      f.atMs = testStartMs - 400;
      reserve(e, 1, 'O1', '10', '1500');
      f.accept('A1', 'O1', buy10);
      f.accept('A1', 'O2', buy10);
      f.replaceRequested('O2', '20', '1500');
      f.cancelRequested('O1');
      f.atMs = testStartMs - 1000;
      f.accept('A1', 'O3', buy10);
      expect([commands.countAt(testStartMs), cancels.countAt(testStartMs), group.commands.countAt(testStartMs)]).toEqual([3, 1, 3]);
      expect(commands.countAt(testStartMs + 600)).toBe(1);
    });
  });
});

describe('a fact that can not be folded', () => {
  const openAnd = (event: OrderEvent): (() => void) => {
    const exposure = new Exposure();
    const facts = new FactBook();
    exposure.apply(facts.open('A1'), testStartMs);
    return () => exposure.apply(event, testStartMs);
  };
  const facts = new FactBook();
  const accepted = facts.accept('A1', 'O1', buy10);
  const tradeEvent = facts.trade('O1', '1');

  it.each<[string, OrderEvent]>([
    ['of a kind that this version does not know', { ...accepted, event: undefined }],
    ['before it was opened', { ...accepted, accountId: 'A9' }],
    ['is opened once', facts.open('A1')],
    ['order O1 has content', { ...accepted, state: { ...accepted.state!, content: undefined } }],
    ['side has a value', { ...accepted, state: { ...accepted.state!, content: aContent({ side: Side.UNRECOGNIZED }) } }],
    ['reference price it was judged by', { ...accepted, state: { ...accepted.state!, content: aContent({ ordType: OrdType.MARKET }) } }],
    [
      'reference price it was judged by',
      { ...accepted, state: { ...accepted.state!, content: aContent({ ordType: OrdType.MARKET_TO_LIMIT }) } },
    ],
    ['the replace of order O1', { ...accepted, state: { ...accepted.state!, replaceQty: '5', replacePrice: '-1' } }],
    [
      'no side',
      {
        ...tradeEvent,
        event: { $case: 'tradeBooked', value: { ...(tradeEvent.event!.value as never as object), side: Side.UNSPECIFIED } as never },
      },
    ],
  ])('is an error that says so: %s', (text, event) => {
    expect(openAnd(event)).toThrow(CannotFoldError);
    expect(openAnd(event)).toThrow(text);
  });

  it('is none where the account itself changed; an unknown status of an order is open', () => {
    const unknown = { ...accepted, state: { ...accepted.state!, ordStatus: OrdStatus.UNRECOGNIZED } };
    expect(openAnd(unknown)).not.toThrow();
    expect(openAnd({ ...accepted, state: undefined, event: { $case: 'cashAdjusted', value: {} as never } })).not.toThrow();
  });
});

describe('a snapshot', () => {
  it('brings back positions, open orders, trading state and the rate, and has the same bytes for the same state', () => {
    const make = (ids: readonly string[]): Exposure => {
      const exposure = new Exposure();
      const facts = new FactBook();
      for (const accountId of ids) facts.open(accountId, 'G1');
      for (const accountId of ids) {
        facts.atMs = testStartMs - 100;
        facts.accept(accountId, `${accountId}-O1`, buy10);
        facts.trade(`${accountId}-O1`, '4');
        facts.accept(accountId, `${accountId}-O2`, aContent({ ordType: OrdType.MARKET, price: undefined }), '1000');
        facts.cancelRequested(`${accountId}-O2`);
        facts.tradingState(accountId, TradingState.REDUCE_ONLY);
      }
      for (const event of facts.events) exposure.apply(event, testStartMs);
      return exposure;
    };
    const bytes = encodeSnapshot(make(['A1', 'A2']), 42, testStartMs);
    expect(Buffer.from(encodeSnapshot(make(['A2', 'A1']), 42, testStartMs)).equals(bytes)).toBe(true);
    const { exposure, seq } = decodeSnapshot(bytes);
    expect(seq).toBe(42);
    expect(encodeSnapshot(exposure, 42, testStartMs)).toEqual(bytes);
    const account = exposure.account('A1')!;
    expect(account.tradingState).toBe(TradingState.REDUCE_ONLY);
    expect([
      account.commands.countAt(testStartMs),
      account.cancels.countAt(testStartMs),
      account.group.commands.countAt(testStartMs),
    ]).toEqual([2, 1, 4]);
    expect(account.totals.instrument('INFY')).toEqual({ position: Quantity('4'), openBuyQty: Quantity('16'), openSellQty: 0n });
    expect(exposure.order('A1-O2')?.working?.referencePx).toBe(Price('1000'));
  });

  it('leaves reservations out', () => {
    const exposure = new Exposure();
    exposure.apply(new FactBook().open('A1'), testStartMs);
    const before = encodeSnapshot(exposure, 1, testStartMs + 5000);
    reserve(exposure, 1, 'O1', '10', '1500');
    expect(encodeSnapshot(exposure, 1, testStartMs + 5000)).toEqual(before);
  });
});
