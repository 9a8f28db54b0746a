import { describe, expect, it } from '@jest/globals';
import { Side } from '@switchyard/contracts';
import { type TakerOrder } from '@switchyard/contracts/gen/matching/v1/events';
import { Increments } from './increments.js';
import { Takers, type TakerSettings } from './takers.js';

const parsed = Increments.parse('0.05', '5');
if (!parsed.ok) throw new Error('the increments are valid');
const increments = parsed.value;
const best = { bid: { price: '99.95', qty: '50', orders: 1 }, ask: { price: '100.05', qty: '20', orders: 2 } };

/** An hour, looked at every 250 ms. */
function hour(settings: TakerSettings, instrumentId = 'infy'): (TakerOrder & { atMs: number })[] {
  const takers = new Takers(settings);
  const orders: (TakerOrder & { atMs: number })[] = [];
  for (let atMs = 0; atMs < 3_600_000; atMs += 250) {
    if (!takers.isDue(instrumentId, atMs)) continue;
    const order = takers.orderFor(instrumentId, best, increments);
    if (order !== undefined) orders.push({ atMs, ...order });
  }
  return orders;
}

describe('takers', () => {
  it('come as often as they are set to, on average', () => {
    expect(hour({ seed: 1, perMinute: 6 }).length).toBeGreaterThan(300);
    expect(hour({ seed: 1, perMinute: 6 }).length).toBeLessThan(420);
    expect(hour({ seed: 1, perMinute: 0 })).toEqual([]);
  });

  it('are the same for the same seed, and others for another seed or instrument', () => {
    const first = hour({ seed: 1, perMinute: 6 });
    expect(hour({ seed: 1, perMinute: 6 })).toEqual(first);
    expect(hour({ seed: 2, perMinute: 6 })).not.toEqual(first);
    expect(hour({ seed: 1, perMinute: 6 }, 'tcs').map(({ atMs }) => atMs)).not.toEqual(first.map(({ atMs }) => atMs));
  });

  it('buy at the best ask and sell at the best bid, whole lots, never more than that level shows', () => {
    const orders = hour({ seed: 1, perMinute: 60 });
    const buys = orders.filter(({ side }) => side === Side.BUY);
    const sells = orders.filter(({ side }) => side === Side.SELL);
    expect(buys.length + sells.length).toBe(orders.length);
    expect(new Set(buys.map(({ price, orderQty }) => `${orderQty}@${price}`))).toEqual(
      new Set(['5', '10', '15', '20'].map((qty) => `${qty}@100.05`)),
    );
    expect(new Set(sells.map(({ price }) => price))).toEqual(new Set(['99.95']));
    expect(Math.max(...sells.map(({ orderQty }) => Number(orderQty)))).toBe(50);
  });

  it('take the side that there is; where nothing is offered they go', () => {
    const takers = new Takers({ seed: 1, perMinute: 60 });
    for (let at = 0; at < 20; at++) {
      expect(takers.orderFor('infy', { ask: best.ask }, increments)?.side).toBe(Side.BUY);
      expect(takers.orderFor('infy', { bid: best.bid }, increments)?.side).toBe(Side.SELL);
    }
    expect(takers.orderFor('infy', {}, increments)).toBeUndefined();
  });

  it('that are late come once, and the next in its own time', () => {
    const takers = new Takers({ seed: 1, perMinute: 60 });
    takers.isDue('infy', 0);
    expect([takers.isDue('infy', 600_000), takers.isDue('infy', 600_000)]).toEqual([true, false]);
  });
});
