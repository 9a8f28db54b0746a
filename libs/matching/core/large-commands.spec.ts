// One command may end every order of a session: what it causes is told in frames that a message can carry.
import { describe, expect, it } from '@jest/globals';
import { MATCHING_SERVICE, OrdType, Side, TimeInForce, type MessageStream } from '@switchyard/contracts';
import {
  Execution,
  GetOrderByTagResponse,
  NewOrder,
  PlaceOrderResponse,
  StreamDepthResponse,
  TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { eventually } from '@switchyard/testkit';
import { executionFrames } from './frames.js';
import { InProcessVenue } from './testing/in-process-venue.js';
import { INFY } from './testing/venue-builder.js';

const ordersCount = 50_000;
/** The platform's bound of a message is 4 MiB. */
const frameBytesMax = 2 * 1024 * 1024;

let venue: InProcessVenue;

interface Heard {
  lastSeq: number;
  count: number;
  largest: number;
}

function follow(stream: MessageStream<{ executions: Execution[] }, unknown>): Heard {
  const heard = { lastSeq: 0, count: 0, largest: 0 };
  stream.onMessage(({ executions }) => {
    heard.largest = Math.max(heard.largest, TradeResponse.encode(TradeResponse.fromPartial({ executions })).finish().length);
    // In order, without gap or double.
    for (const { seq } of executions) if (seq === heard.lastSeq + 1) heard.lastSeq = seq;
    heard.count += executions.length;
  });
  return heard;
}

function order(at: number): VenueCommand {
  return { command: { $case: 'newOrder', value: bid(at) }, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
}

function bid(at: number): NewOrder {
  return NewOrder.fromPartial({
    tag: `a-tag-as-long-as-those-of-sessions-${at}`,
    brokerAccountId: 'PAPER-1',
    instrumentId: INFY,
    side: Side.BUY,
    ordType: OrdType.LIMIT,
    timeInForce: TimeInForce.DAY,
    orderQty: '10',
    price: '100',
  });
}

describe('a command that ends fifty thousand orders', () => {
  it.each([
    ['a mass cancel', () => venue.desk.massCancel({ brokerAccountId: '', instrumentId: '', side: Side.UNSPECIFIED })],
    ['the day’s end', () => venue.desk.endDay('2026-11-20')],
  ])(
    '%s reaches its session, whoever reads and from wherever, and so does the book before it',
    async (_what, end) => {
      venue = new InProcessVenue();
      await venue.start();
      const calls = venue.calls.any(MATCHING_SERVICE);
      const open = (): MessageStream<TradeResponse, { commands: VenueCommand[] }> => {
        const stream = calls.trade({});
        stream.send({ commands: [{ command: { $case: 'logon', value: { sessionId: 's1', fromSeq: 1 } }, traceparent: '' }] });
        return stream;
      };
      const stream = open();
      const live = follow(stream);
      for (let at = 0; at < ordersCount; at += 5_000) {
        stream.send({ commands: Array.from({ length: 5_000 }, (_, index) => order(at + index)) });
        await eventually(() => live.count === at + 5_000, { what: 'the executions of 5,000 orders', intervalMs: 1, timeoutMs: 60_000 });
      }

      const depth = { count: 0, largest: 0, snapshots: 0 };
      calls.streamDepth({ instrumentId: INFY, levels: 1, byOrder: true }, {}).onMessage((message) => {
        depth.count += message.deltas.length;
        if (message.snapshot) depth.snapshots++;
        depth.largest = Math.max(depth.largest, StreamDepthResponse.encode(message).finish().length);
      });
      await eventually(() => depth.count === ordersCount, { what: 'the depth of all orders', intervalMs: 1, timeoutMs: 60_000 });

      await end();
      await eventually(() => live.count === 2 * ordersCount && depth.count === 2 * ordersCount, {
        what: 'the cancels, told and shown',
        intervalMs: 1,
        timeoutMs: 60_000,
      });
      const again = follow(open());
      const reader = follow(calls.streamExecutions({ sessionId: 's1', fromSeq: 1 }, {}));
      await eventually(() => again.count === 2 * ordersCount && reader.count === 2 * ordersCount, {
        what: 'everything once more, to who comes later',
        intervalMs: 1,
        timeoutMs: 60_000,
      });
      venue.kill();
      for (const { lastSeq } of [live, again, reader]) expect(lastSeq).toBe(2 * ordersCount);
      for (const { largest } of [live, again, reader, depth]) expect(largest).toBeLessThan(frameBytesMax);
      expect(depth.snapshots).toBe(1);
    },
    240_000,
  );
});

describe('an order that trades with twenty-five thousand', () => {
  it('is answered as far as a message carries it; the stream and further look-ups have the rest, each execution once', async () => {
    const tradesCount = 25_000;
    venue = new InProcessVenue();
    await venue.start();
    const calls = venue.calls.any(MATCHING_SERVICE);
    for (let at = 0; at < tradesCount; at += 5_000) {
      const placed = Array.from({ length: 5_000 }, (_, index) => venue.desk.request('s1', order(at + index)));
      await Promise.all(placed);
    }
    const value = { ...bid(0), tag: 'sweep', brokerAccountId: 'PAPER-2', side: Side.SELL, orderQty: String(10 * tradesCount) };
    const answer = await calls.placeOrder({ sessionId: 's2', order: value }, {});
    const lastSeq = tradesCount + 1;
    expect(answer.lastSeq).toBe(lastSeq);
    expect(PlaceOrderResponse.encode(answer).finish().length).toBeLessThan(frameBytesMax);
    const seqsOf = (executions: readonly Execution[]): number[] => executions.map(({ seq }) => seq);
    const toldCount = answer.executions.length;
    expect(seqsOf(answer.executions)).toEqual(upTo(toldCount));
    const rest: Execution[] = [];
    calls.streamExecutions({ sessionId: 's2', fromSeq: toldCount + 1 }, {}).onMessage(({ executions }) => void rest.push(...executions));
    await eventually(() => rest.length === lastSeq - toldCount, { what: 'the rest of the executions', intervalMs: 1, timeoutMs: 60_000 });
    expect(seqsOf([...answer.executions, ...rest])).toEqual(upTo(lastSeq));

    const lookedUp: Execution[] = [];
    for (let fromSeq = 0; lookedUp.length < lastSeq; fromSeq = (lookedUp.at(-1)?.seq ?? 0) + 1) {
      const page = await calls.getOrderByTag({ sessionId: 's2', tag: 'sweep', fromSeq }, {});
      expect([page.found, page.lastSeq]).toEqual([true, lastSeq]);
      expect(GetOrderByTagResponse.encode(page).finish().length).toBeLessThan(frameBytesMax);
      lookedUp.push(...page.executions);
    }
    expect(lookedUp).toEqual([...answer.executions, ...rest]);
    venue.kill();
  }, 240_000);
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

describe('frames', () => {
  it('hold all, in order, and none is as long as a message may be, whatever the texts', () => {
    const executions = Array.from({ length: 5_000 }, (_, seq) =>
      Execution.fromPartial({ seq, tag: '€'.repeat(64), orderTag: '€'.repeat(64), text: '€'.repeat(300) }),
    );
    const frames = [...executionFrames(executions)];
    expect(frames.flat()).toEqual(executions);
    expect(frames.length).toBeGreaterThan(2);
    for (const frame of frames)
      expect(TradeResponse.encode(TradeResponse.fromPartial({ executions: frame })).finish().length).toBeLessThan(frameBytesMax);
    expect([...executionFrames([])]).toEqual([]);
  });
});
