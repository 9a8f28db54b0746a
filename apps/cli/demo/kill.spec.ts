/** The kill of the demonstration, against a platform that the test plays: it must find an order that is SENDING, however fast orders end. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Demo } from './demo.js';
import { killInTheMiddle } from './kill.js';
import { DemoError, Script } from './script.js';
import { type Self, whileStopped } from './standstill.js';

const [connectorPid, venuePid] = [4711, 4712];

/** A platform whose venue fills orders at once while it runs; while it stands still, what its connector sends is SENDING, or, without one that sends, not. */
class Played {
  readonly orders = new Map<string, OrderState>();
  readonly signals: string[] = [];
  readonly #events: OrderEvent[] = [];
  #wake: () => void = () => undefined;
  #isStill = false;

  constructor(private readonly sends: boolean) {}

  readonly signal = (pid: number, signal: NodeJS.Signals): void => {
    this.signals.push(`${signal} ${pid === venuePid ? 'venue' : 'connector'}`);
    if (pid === venuePid) this.#isStill = signal === 'SIGSTOP';
    // The next connector finds what was being sent, and looks it up.
    if (signal === 'SIGKILL') for (const order of this.orders.values()) if (order.ordStatus !== OrdStatus.FILLED) this.#find(order);
  };

  demo(write: (text: string) => void): Demo {
    const client = {
      orders: {
        place: async () => ({ order: this.#place() }),
        get: async ({ orderId }: { orderId: string }) => ({ order: this.orders.get(orderId) }),
        explain: async () => ({
          entries: this.sends
            ? [{ source: 'broker-request', reason: '', atMs: 1, sinceFormerMs: 0, process: '', title: 'SENDING written: NEW' }]
            : [],
        }),
        follow: (_: unknown, options: { signal: AbortSignal; onLive: () => void }) => this.#follow(options),
      },
    };
    const processes = [
      { name: 'broker-connector', roles: ['broker-connector'], pid: connectorPid },
      { name: 'matching-engine', roles: ['matching-engine'], pid: venuePid },
    ];
    const running = { processes };
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
    if (!this.#isStill) this.#fill(order);
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
  it('comes while an order is SENDING, and says of each that was open what became of it', async () => {
    const played = new Played(true);
    let said = '';
    const bought = await killInTheMiddle(
      played.demo((text) => (said += text)),
      'NSE:INFY',
      played.signal,
    );
    expect(played.signals).toEqual(['SIGSTOP venue', 'SIGKILL connector', 'SIGCONT venue']);
    expect(bought).toBe(BigInt(played.orders.size) * 1_000_000_000n);
    const open = said.match(/o-\d+ .*in doubt, then found at the venue.*FILLED/g) ?? [];
    expect(open.length).toBeGreaterThan(0);
    expect(said).toContain(`${open.length} of them were open at the kill`);
    expect(said).toContain('SIGSTOP to matching-engine, process 4712, for a moment: what is sent to it has no answer yet');
    expect(said).toContain('✓ what was SENDING was in doubt until the venue was asked');
  });

  it('is not done where no order is SENDING, and the demonstration fails by a sentence', async () => {
    const played = new Played(false);
    const kill = killInTheMiddle(
      played.demo(() => undefined),
      'NSE:INFY',
      played.signal,
      200,
    );
    await expect(kill).rejects.toThrow(
      new DemoError('No order was SENDING with the connector within 200 ms, though the venue stood still: a kill would show nothing.'),
    );
    expect(played.signals).toEqual(['SIGSTOP venue', 'SIGCONT venue']);
  });
});

describe('the venue, stopped for a moment', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('goes on before %s ends the demonstration', async (name, code) => {
    const did: string[] = [];
    const process = Object.assign(new EventEmitter(), { exit: (status: number) => did.push(`exit ${status}`) });
    let atEnd: string[] = [];
    const work = async (): Promise<string> => {
      process.emit(name, name);
      atEnd = [...did];
      return 'done';
    };
    const done = whileStopped(venuePid, (pid, signal) => did.push(`${signal} ${pid}`), work, process as unknown as Self);
    expect(await done).toBe('done');
    expect(atEnd).toEqual([`SIGSTOP ${venuePid}`, `SIGCONT ${venuePid}`, `exit ${code}`]);
    expect(process.eventNames()).toEqual([]);
  });

  it('goes on when a Ctrl-C ends the process that stopped it', async () => {
    const venue = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const standstill = JSON.stringify(pathToFileURL(path.join(import.meta.dirname, 'standstill.ts')).href);
    const program = `import { whileStopped } from ${standstill};
      await whileStopped(${venue.pid}, process.kill, () => (console.log('stopped'), new Promise((resolve) => setTimeout(resolve, 600_000))));`;
    const demo = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(demo.stdout, 'data');
      venue.stdin.write('goes on');
      const ended = once(demo, 'exit');
      demo.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      expect(String((await once(venue.stdout, 'data'))[0])).toBe('goes on');
    } finally {
      demo.kill('SIGKILL');
      venue.kill('SIGKILL');
    }
  }, 60_000);
});
