/** One trace of one order through every process that has a part in it. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { eventually } from '@switchyard/testkit';
import { Desk, type GetWorld, market } from './world.js';

/** A line of a span file. */
interface Span {
  readonly process: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly error: string;
}

/** What one market order that enters at a gateway which does not own it leaves, by process. Where the same step is done again (an append a report) it is named once. */
const stepsOfOrder = (edge: string, owner: string): string[] => [
  `${edge}: orders.v1.OrderService/PlaceOrder`,
  `${owner}: append orders`,
  `${owner}: orders.v1.OrderService/PlaceOrder`,
  `${owner}: relay publish`,
  'broker-connector: append brokers',
  'broker-connector: broker submit',
  'matching-engine: append matching',
  'matching-engine: relay publish',
  'matching-engine: venue command',
  'position-tracker: read orders.v1',
  'risk-engine: risk.judge',
];

export function describeTrace(world: GetWorld): void {
  describe('one trace of one order', () => {
    const traceId = randomBytes(16).toString('hex');
    const rootId = randomBytes(8).toString('hex');
    let spans: Span[] = [];
    let names: { readonly edge: string; readonly owner: string };

    beforeAll(async () => {
      const { platform, atGateway } = world();
      const gateways = platform.running('order-gateway');
      const desk = await Desk.open(world(), 'TRACE');
      // Something untraced first, so that the trace is not about opening streams.
      await desk.placed(market('NSE:SBIN', Side.BUY, '1'), OrdStatus.FILLED);
      const owner = (await desk.events())[0]?.process ?? '';
      const at = gateways.findIndex(({ name }) => name !== owner);
      names = { edge: gateways[at]?.name ?? '', owner };
      const content = market('NSE:SBIN', Side.BUY, '2');
      const settings = { traceparent: `00-${traceId}-${rootId}-01` };
      const placed = await atGateway[at]!.orders.place({ accountId: 'TRACE', content }, settings);
      await desk.until(placed.order?.orderId ?? '', OrdStatus.FILLED);
      await desk.positions();
      const expected = stepsOfOrder(names.edge, names.owner);
      const complete = () => {
        const lines = platform.processes.flatMap((process) => platform.spans(process).split('\n')).filter((line) => line.endsWith('}'));
        spans = lines.map((line) => JSON.parse(line) as Span).filter((span) => span.traceId === traceId);
        return expected.every((step) => spans.some(({ process, name }) => `${process}: ${name}` === step));
      };
      await eventually(complete, { what: 'every process has written its spans', timeoutMs: 10_000, intervalMs: 100 }).catch(
        () => undefined,
      );
    });

    it('has the same spans every time', () => {
      const steps = [...new Set(spans.map(({ process, name }) => `${process}: ${name}`))].sort();
      expect(steps).toEqual(stepsOfOrder(names.edge, names.owner).sort());
    });

    it('goes over at least five processes', () => {
      expect(new Set(spans.map(({ process }) => process)).size).toBeGreaterThanOrEqual(5);
    });

    it('is unbroken: every span but the first has its parent in the trace', () => {
      const ids = new Set([rootId, ...spans.map(({ spanId }) => spanId)]);
      expect(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))).toEqual([]);
      expect(spans.filter(({ parentSpanId }) => parentSpanId === rootId).map(({ name, process }) => `${process}: ${name}`)).toEqual([
        `${names.edge}: orders.v1.OrderService/PlaceOrder`,
      ]);
    });

    it('tells of no failure', () => {
      expect(spans.filter(({ error }) => error !== '')).toEqual([]);
    });
  });
}
