// What holds for every sequence of commands: the readable book gives the answers of an oracle so plain that it can't be wrong (one list, searched
// from end to end); it is never crossed; nothing trades beyond its limit; and what is ordered is filled, resting, or taken out.
import { describe, expect, it } from '@jest/globals';
import { OrdType, Side, TimeInForce } from '@switchyard/contracts';
import fc from 'fast-check';
import { type EngineOrder, type Fill, type Placement } from './engine.js';
import { ReferenceEngine } from './reference-engine.js';

interface OracleOrder {
  readonly orderId: number;
  readonly side: Side;
  price: number;
  qty: number;
  time: number;
}

class Oracle {
  orders: OracleOrder[] = [];
  #time = 0;

  place(order: EngineOrder): Placement {
    const isBuy = order.side === Side.BUY;
    const partners = this.orders
      .filter((other) => other.side !== order.side)
      .filter((other) => order.ordType === OrdType.MARKET || (isBuy ? other.price <= order.price : other.price >= order.price))
      .sort((a, b) => (isBuy ? a.price - b.price : b.price - a.price) || a.time - b.time);
    const offered = partners.reduce((sum, other) => sum + other.qty, 0);
    if (order.timeInForce === TimeInForce.FOK && offered < order.qty) return { fills: [], outcome: 'unfillable', leavesQty: order.qty };
    const fills: Fill[] = [];
    let leavesQty = order.qty;
    for (const other of partners) {
      const qty = Math.min(leavesQty, other.qty);
      if (qty === 0) break;
      fills.push({ makerOrderId: other.orderId, price: other.price, qty });
      other.qty -= qty;
      leavesQty -= qty;
    }
    this.orders = this.orders.filter((other) => other.qty > 0);
    if (leavesQty === 0) return { fills, outcome: 'filled', leavesQty };
    if (order.ordType === OrdType.MARKET || order.timeInForce === TimeInForce.IOC) return { fills, outcome: 'no-liquidity', leavesQty };
    this.orders.push({ orderId: order.orderId, side: order.side, price: order.price, qty: leavesQty, time: this.#time++ });
    return { fills, outcome: 'rests', leavesQty };
  }

  cancel(orderId: number): number | undefined {
    const order = this.orders.find((other) => other.orderId === orderId);
    this.orders = this.orders.filter((other) => other !== order);
    return order?.qty;
  }

  replace(orderId: number, price: number, qty: number): Placement | undefined {
    const order = this.orders.find((other) => other.orderId === orderId);
    if (order === undefined) return undefined;
    if (order.price === price && qty <= order.qty) {
      order.qty = qty;
      return { fills: [], outcome: 'rests', leavesQty: qty };
    }
    this.cancel(orderId);
    return this.place({
      orderId,
      book: 0,
      side: order.side as EngineOrder['side'],
      ordType: OrdType.LIMIT,
      timeInForce: TimeInForce.DAY,
      price,
      qty,
    });
  }
}

const price = fc.integer({ min: 95, max: 105 });
const qty = fc.integer({ min: 1, max: 20 });
const commands = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('limit' as const),
        side: fc.constantFrom(Side.BUY, Side.SELL),
        price,
        qty,
        timeInForce: fc.constantFrom(TimeInForce.DAY, TimeInForce.DAY, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('market' as const),
        side: fc.constantFrom(Side.BUY, Side.SELL),
        qty,
        timeInForce: fc.constantFrom(TimeInForce.DAY, TimeInForce.FOK),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(40) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('replace' as const), at: fc.nat(40), price, qty }) },
  ),
  { maxLength: 60 },
);

describe('for every sequence of commands', () => {
  it('the book answers as the oracle does, is never crossed, and loses or makes up no quantity', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const engine = new ReferenceEngine();
        const oracle = new Oracle();
        let orderId = 0;
        const open = new Map<number, number>();
        const settle = (id: number, placed: Placement | undefined): void => {
          if (placed === undefined) return;
          if (placed.outcome === 'rests') open.set(id, placed.leavesQty);
          else open.delete(id);
          for (const fill of placed.fills) open.set(fill.makerOrderId, (open.get(fill.makerOrderId) ?? Number.NaN) - fill.qty);
        };
        for (const command of sequence) {
          if (command.kind === 'cancel') {
            const canceled = engine.cancel(command.at);
            expect(canceled).toBe(oracle.cancel(command.at));
            open.delete(command.at);
          } else if (command.kind === 'replace') {
            const placed = engine.replace(command.at, command.price, command.qty);
            expect(placed).toEqual(oracle.replace(command.at, command.price, command.qty));
            settle(command.at, placed);
          } else {
            const isLimit = command.kind === 'limit';
            const order = {
              orderId: ++orderId,
              book: 0,
              side: command.side,
              ordType: isLimit ? OrdType.LIMIT : OrdType.MARKET,
              timeInForce: command.timeInForce,
              price: isLimit ? command.price : 0,
              qty: command.qty,
            } as const;
            const placed = engine.place(order);
            expect(placed).toEqual(oracle.place(order));
            expect(placed.leavesQty + placed.fills.reduce((sum, fill) => sum + fill.qty, 0)).toBe(command.qty);
            if (isLimit)
              for (const fill of placed.fills)
                expect(command.side === Side.BUY ? fill.price <= command.price : fill.price >= command.price).toBe(true);
            settle(orderId, placed);
          }
          engine.validateInternalState();
        }
        const resting = new Map([...engine.resting()].map((order) => [order.orderId, order.qty]));
        expect(resting).toEqual(new Map([...open].filter(([, left]) => left > 0)));
      }),
      { numRuns: 300 },
    );
  });
});
