/** The kill of the demonstration, against a platform that the test plays: it must find orders open, however fast they end. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Demo } from './demo.js';
import { killInTheMiddle } from './kill.js';
import { Script } from './script.js';

/** A platform whose connector ends orders at once while it runs, apart from what is open at its `opensAt`-th stop. */
class Played {
  readonly orders = new Map<string, OrderState>();
  readonly signals: string[] = [];
  readonly #events: OrderEvent[] = [];
  #wake: () => void = () => undefined;
  #stops = 0;
  #holds: boolean;

  constructor(private readonly opensAt: number) {
    this.#holds = opensAt === 1;
  }

  readonly signal = (_pid: number, signal: NodeJS.Signals): void => {
    this.signals.push(signal);
    if (signal === 'SIGSTOP') this.#stops++;
    if (signal === 'SIGCONT') this.#holds = this.#stops + 1 >= this.opensAt;
    // The next process finds what was being sent, and looks it up.
    if (signal === 'SIGKILL') for (const order of this.orders.values()) if (order.ordStatus !== OrdStatus.FILLED) this.#find(order);
  };

  demo(write: (text: string) => void): Demo {
    const client = {
      orders: {
        place: async () => ({ order: this.#place() }),
        get: async ({ orderId }: { orderId: string }) => ({ order: this.orders.get(orderId) }),
        explain: async () => ({
          entries: [{ source: 'broker-request', reason: '', atMs: 1, sinceFormerMs: 0, process: '', title: 'sent' }],
        }),
        follow: (_: unknown, options: { signal: AbortSignal; onLive: () => void }) => this.#follow(options),
      },
    };
    const running = { processes: [{ name: 'broker-connector', roles: ['broker-connector'], pid: 4711 }] };
    return { client, running, script: new Script(write, (text) => text), symbols: new Map() } as unknown as Demo;
  }

  #place(): OrderState {
    const orderId = `o-${this.orders.size + 1}`;
    const order = OrderState.fromPartial({
      orderId,
      clOrdId: orderId,
      ordStatus: OrdStatus.PENDING_NEW,
      cumQty: '0',
      content: { orderQty: '1' },
    });
    this.orders.set(orderId, order);
    // One is always filled, so that the stream is under way; what is held is open when the connector stands still.
    if (!this.#holds || this.orders.size === 1) this.#fill(order);
    return order;
  }

  #fill(order: OrderState): void {
    const filled = { ...order, ordStatus: OrdStatus.FILLED, cumQty: '1' };
    this.orders.set(order.orderId, filled);
    this.#tell({ $case: 'tradeBooked', value: {} as never }, filled);
  }

  #find(order: OrderState): void {
    const value = { orderId: order.orderId } as never;
    this.#tell({ $case: 'requestInDoubt', value }, order);
    this.#tell({ $case: 'doubtResolved', value }, order);
    this.#fill(order);
  }

  #tell(event: OrderEvent['event'], state: OrderState): void {
    this.#events.push({ ...OrderEvent.fromPartial({ state }), event });
    this.#wake();
  }

  async *#follow({ signal, onLive }: { signal: AbortSignal; onLive: () => void }): AsyncGenerator<OrderEvent> {
    onLive();
    while (!signal.aborted) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), sleep(20)]);
    }
  }
}

describe('the kill in the middle', () => {
  it('comes while orders are open, and says of each what became of it', async () => {
    const played = new Played(1);
    let said = '';
    const bought = await killInTheMiddle(
      played.demo((text) => (said += text)),
      'NSE:INFY',
      played.signal,
    );
    expect(played.signals).toEqual(['SIGSTOP', 'SIGKILL']);
    expect(bought).toBe(BigInt(played.orders.size) * 1_000_000_000n);
    const openCount = played.orders.size - 1;
    expect(openCount).toBeGreaterThan(1);
    expect(said).toContain(`✓ ${openCount} of them were open at the kill`);
    expect(said.match(/o-\d+ .*in doubt, then found at the venue.*FILLED/g)).toHaveLength(openCount);
  });

  it('waits for such a moment where orders end too fast', async () => {
    const played = new Played(3);
    let said = '';
    await killInTheMiddle(
      played.demo((text) => (said += text)),
      'NSE:INFY',
      played.signal,
    );
    expect(played.signals).toEqual(['SIGSTOP', 'SIGCONT', 'SIGSTOP', 'SIGCONT', 'SIGSTOP', 'SIGKILL']);
    expect(said).toMatch(/✓ \d+ of them were open at the kill/);
  });
});
