// What the venue's desk answers beyond the streams of sessions: single requests, operators, readers of executions and of books, the simulated market.
import { afterEach, describe, expect, it } from '@jest/globals';
import { MATCHING_SERVICE, OrdType, Reason, Side, StatusCode, TimeInForce, type CallError, type ServiceCalls } from '@switchyard/contracts';
import {
  ExecutionKind,
  NewOrder,
  TradingPhase,
  type MatchingServiceDefinition,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { eventually, turns } from '@switchyard/testkit';
import { DepthReader } from './testing/depth-reader.js';
import { follow, placeOrder, word } from './testing/desk-words.js';
import { InProcessVenue } from './testing/in-process-venue.js';
import { INFY, TCS } from './testing/venue-builder.js';

let venue: InProcessVenue;
let calls: ServiceCalls<MatchingServiceDefinition>;

async function start(simulation: ConstructorParameters<typeof InProcessVenue>[0] = {}): Promise<void> {
  venue = new InProcessVenue(simulation);
  await venue.start();
  calls = venue.calls.any(MATCHING_SERVICE);
}

afterEach(() => {
  venue.log.release();
  venue.kill();
});

const until = (condition: () => boolean, what: string): Promise<unknown> => eventually(condition, { what, intervalMs: 1 });

const place = (tag: string, order?: Partial<NewOrder>, sessionId?: string): Promise<string[]> => placeOrder(calls, tag, order, sessionId);

describe('single requests', () => {
  it('are answered with what they caused for their session, when it is durable', async () => {
    await start();
    expect(await place('a', { price: '100' })).toEqual(['a NEW']);
    expect(await place('b', { price: '100', side: Side.SELL, orderQty: '4' })).toEqual(['b NEW', 'a 4@100', 'b 4@100']);
    expect(await place('c', { price: '100', side: Side.SELL, orderQty: '1' }, 's2')).toEqual(['c NEW', 'c 1@100']);
    const replaced = await calls.replaceOrder(
      { sessionId: 's1', replace: { tag: 'r', targetTag: 'a', orderQty: '20', price: '101', stopPx: '' } },
      {},
    );
    expect(replaced.executions.map(word)).toEqual(['a REPLACED']);
    const canceled = await calls.cancelOrder({ sessionId: 's1', cancel: { tag: 'x', targetTag: 'a' } }, {});
    expect(canceled.executions).toMatchObject([{ kind: ExecutionKind.CANCELED, tag: 'x', cumQty: '5' }]);
    venue.log.hold();
    let isAnswered = false;
    const later = place('d').finally(() => (isAnswered = true));
    await turns(20);
    expect(isAnswered).toBe(false);
    venue.log.release();
    expect(await later).toEqual(['d NEW', 'd CANCELED']);
  });

  it('that the venue refuses are answered with the refusal; a tag counts once, whichever way it came', async () => {
    await start();
    expect(await place('a', { price: '100.01' })).toEqual(['a REJECTED VENUE_INVALID_INCREMENT']);
    expect(await place('a', { price: '100' })).toEqual(['a REJECTED VENUE_DUPLICATE_TAG']);
    expect(await place('', { price: '100' })).toEqual([' REJECTED FIELD_REQUIRED']);
  });

  it('with texts that are too long are refused in few words, and kept in few', async () => {
    await start();
    const long = '7'.repeat(60_000);
    const whole = { tag: 't', brokerAccountId: 'PAPER-1', instrumentId: INFY, side: Side.BUY, orderQty: '1', price: '100' };
    const terms = { ordType: OrdType.LIMIT, timeInForce: TimeInForce.DAY };
    for (const field of ['brokerAccountId', 'instrumentId', 'orderQty', 'price'] as const) {
      const order = NewOrder.fromPartial({ ...whole, ...terms, tag: field, [field]: long });
      const { executions } = await calls.placeOrder({ sessionId: 's1', order }, {});
      expect(executions.map(word)).toEqual([`${field} REJECTED FIELD_MALFORMED`]);
      expect(JSON.stringify(executions).length).toBeLessThan(1_000);
    }
    const canceled = await calls.cancelOrder({ sessionId: 's1', cancel: { tag: 'x', targetTag: long } }, {});
    expect(canceled.executions).toMatchObject([
      { reason: Reason.FIELD_MALFORMED, orderTag: '', text: 'a targetTag has at most 64 characters' },
    ]);
    await venue.desk.request('s1', {
      traceparent: long,
      command: { $case: 'newOrder', value: NewOrder.fromPartial({ ...whole, ...terms }) },
    });
    expect(Math.max(...venue.log.recorded.map((input) => JSON.stringify(input).length))).toBeLessThan(2_000);
  });

  it('with a tag or a session that is too long to answer are not taken', async () => {
    await start();
    const refused = (field: string): object => ({ code: StatusCode.INVALID_ARGUMENT, violations: [{ field }] });
    await expect(place('x'.repeat(65))).rejects.toMatchObject(refused('tag'));
    await expect(place('a', {}, 's'.repeat(129))).rejects.toMatchObject(refused('sessionId'));
    const order = NewOrder.fromPartial({ tag: 'x'.repeat(65) });
    const ended = async (commands: VenueCommand[]): Promise<CallError | undefined> => {
      const stream = calls.trade({});
      const heard = follow(stream as never);
      stream.send({ commands });
      await until(() => heard.error !== undefined, 'the end');
      return heard.error;
    };
    const logon = (sessionId: string): VenueCommand => ({ command: { $case: 'logon', value: { sessionId, fromSeq: 1 } }, traceparent: '' });
    expect(await ended([logon('s1'), { command: { $case: 'newOrder', value: order }, traceparent: '' }])).toMatchObject(refused('tag'));
    expect(await ended([logon('s'.repeat(129))])).toMatchObject(refused('sessionId'));
  });

  it('without a session are refused with the field', async () => {
    await start();
    await expect(place('a', {}, '')).rejects.toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      violations: [{ field: 'sessionId', reason: Reason.FIELD_REQUIRED }],
    });
  });

  it('that wait when the venue closes end with its error', async () => {
    await start();
    venue.log.hold();
    const waiting = place('a');
    venue.desk.close();
    await expect(waiting).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
  });
});

describe('a reader of executions', () => {
  it('gets all from the first on, however old, then what comes, without gap or double at the seam', async () => {
    await start();
    for (let at = 0; at < 300; at++) await place(`t${at}`, { price: '100', orderQty: '1' });
    const heard = follow(calls.streamExecutions({ sessionId: 's1', fromSeq: 1 }, {}));
    const rest = follow(calls.streamExecutions({ sessionId: 's1', fromSeq: 290 }, {}));
    for (let at = 300; at < 400; at++) void place(`t${at}`, { price: '100', orderQty: '1' });
    await until(() => heard.seqs.length >= 400 && rest.seqs.length >= 111, 'all executions');
    expect(heard.seqs).toEqual(Array.from({ length: 400 }, (_, at) => at + 1));
    expect(rest.seqs).toEqual(Array.from({ length: 111 }, (_, at) => at + 290));
  });

  it('hears of its session alone, also of one that has no execution yet', async () => {
    await start();
    const heard = follow(calls.streamExecutions({ sessionId: 's2', fromSeq: 1 }, {}));
    await place('a', { price: '100' });
    await place('b', { price: '100', side: Side.SELL }, 's2');
    await until(() => heard.seqs.length === 2, 'its executions');
    expect(heard.words).toEqual(['b NEW', 'b 10@100']);
  });

  it.each<readonly [what: string, fromSeq: number, sessionId: string, code: StatusCode, field: string | undefined]>([
    ['from before the first one', 0, 's1', StatusCode.INVALID_ARGUMENT, 'fromSeq'],
    ['from beyond the next one', 3, 's1', StatusCode.OUT_OF_RANGE, undefined],
    ['of nobody', 1, '', StatusCode.INVALID_ARGUMENT, 'sessionId'],
  ])('who wants them %s is refused', async (_what, fromSeq, sessionId, code, field) => {
    await start();
    await place('a', { price: '100' });
    const heard = follow(calls.streamExecutions({ sessionId, fromSeq }, {}));
    await until(() => heard.error !== undefined, 'the refusal');
    expect(heard.error).toMatchObject({ code });
    expect(heard.error?.violations[0]?.field).toBe(field);
  });
});

describe('a reader of a book', () => {
  it('gets the book with the newest quote, then what changes, also when only the quote moves', async () => {
    await start();
    venue.quote(INFY, '99x10', '101x10');
    const book = new DepthReader();
    const events: number[] = [];
    const stream = calls.streamDepth({ instrumentId: INFY, levels: 1, byOrder: false }, {});
    stream.onMessage(({ deltas, snapshot, eventSeq }) => {
      if (snapshot) book.clear();
      book.apply(deltas);
      events.push(eventSeq);
    });
    await until(() => book.side(Side.BUY)[0]?.price === '99', 'the snapshot');
    await place('a', { price: '100' });
    await until(() => book.side(Side.BUY)[0]?.price === '100', 'the order');
    venue.quote(INFY, '99x10', '100.5x7');
    venue.refresh();
    await until(() => book.side(Side.SELL)[0]?.qty === '7', 'the quote');
    expect(events).toEqual([...new Set(events)].sort((one, other) => one - other));
    stream.cancel();
  });

  it.each<readonly [what: string, instrumentId: string, levels: number, code: StatusCode]>([
    ['an instrument that is not traded', 'ghost', 5, StatusCode.NOT_FOUND],
    ['too many levels', INFY, 51, StatusCode.INVALID_ARGUMENT],
    ['less than no level', INFY, -1, StatusCode.INVALID_ARGUMENT],
  ])('who asks for %s is refused', async (_what, instrumentId, levels, code) => {
    await start();
    let error: CallError | undefined;
    calls.streamDepth({ instrumentId, levels, byOrder: false }, {}).onClose((reason) => {
      error = reason;
    });
    await until(() => error !== undefined, 'the refusal');
    expect(error).toMatchObject({ code });
  });
});

describe('operators', () => {
  it('cancel what fits, and learn how many orders of sessions that were', async () => {
    await start();
    await venue.show(INFY, '90x10', '110x10');
    await place('a', { price: '100' });
    await place('b', { price: '101', side: Side.SELL });
    await place('c', { price: '99', brokerAccountId: 'PAPER-2' });
    await place('d', { price: '99', instrumentId: TCS });
    const all = { brokerAccountId: '', instrumentId: '', side: Side.UNSPECIFIED };
    expect(await calls.massCancel({ ...all, brokerAccountId: 'PAPER-1', side: Side.BUY }, {})).toEqual({ canceledCount: 2 });
    expect(await calls.massCancel({ ...all, instrumentId: INFY }, {})).toEqual({ canceledCount: 2 });
    expect(await calls.massCancel(all, {})).toEqual({ canceledCount: 0 });
    await expect(calls.massCancel({ ...all, instrumentId: 'ghost' }, {})).rejects.toMatchObject({ code: StatusCode.NOT_FOUND });
    await expect(calls.massCancel({ ...all, side: 7 as Side }, {})).rejects.toMatchObject({ violations: [{ field: 'side' }] });
  });

  it('who name a broker account of which no order has come are told so, and nothing is stored; one whose first order was taken right before is known', async () => {
    await start();
    const of = (brokerAccountId: string) => calls.massCancel({ brokerAccountId, instrumentId: '', side: Side.UNSPECIFIED }, {});
    const violations = [{ field: 'brokerAccountId', description: 'no order of PAPER-9 has come to the venue' }];
    await expect(of('PAPER-9')).rejects.toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN, violations });
    await expect(of('P'.repeat(33))).rejects.toThrow('no order of an account of so long a name has come to the venue');
    expect(venue.log.recorded.filter(({ command }) => command?.$case === 'massCancel')).toEqual([]);
    const placed = place('a', { price: '100', brokerAccountId: 'PAPER-9' });
    expect(await of('PAPER-9')).toEqual({ canceledCount: 1 });
    await placed;
    expect(await of('PAPER-9')).toEqual({ canceledCount: 0 });
  });

  it('set phases, and learn what an auction came to', async () => {
    await start();
    expect(await calls.setPhase({ instrumentId: INFY, phase: TradingPhase.PRE_OPEN }, {})).toEqual({
      equilibriumPrice: '',
      tradesCount: 0,
    });
    expect(await place('a', { price: '100', timeInForce: TimeInForce.AT_OPEN })).toEqual(['a NEW']);
    await place('b', { price: '99', side: Side.SELL, orderQty: '4' });
    await place('c', { price: '99.5', side: Side.SELL, orderQty: '4' });
    const auction = await calls.setPhase({ instrumentId: INFY, phase: TradingPhase.OPENING_AUCTION }, {});
    expect(auction).toEqual({ equilibriumPrice: '99.5', tradesCount: 2 });
    await expect(calls.setPhase({ instrumentId: 'ghost', phase: TradingPhase.HALT }, {})).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.VENUE_INSTRUMENT_UNKNOWN,
    });
    for (const phase of [TradingPhase.UNSPECIFIED, 9 as TradingPhase, TradingPhase.UNRECOGNIZED]) {
      await expect(calls.setPhase({ instrumentId: INFY, phase }, {})).rejects.toMatchObject({ violations: [{ field: 'phase' }] });
    }
  });
});

describe('the simulated market', () => {
  it.each([TradingPhase.HALT, TradingPhase.CLOSED, TradingPhase.OPENING_AUCTION])(
    'after phase %p an order meets the quote that came meanwhile, and none from before',
    async (phase) => {
      await start();
      venue.quote(INFY, '99x10', '101x10');
      expect(await place('a', { price: '101', orderQty: '1' })).toEqual(['a NEW', 'a 1@101']);
      await calls.setPhase({ instrumentId: INFY, phase }, {});
      venue.quote(INFY, '108x10', '110x10');
      await place('b', { price: '101', orderQty: '1' });
      await calls.getDepth({ instrumentId: INFY, levels: 1 }, {});
      await calls.setPhase({ instrumentId: INFY, phase: TradingPhase.CONTINUOUS }, {});
      expect(await place('c', { orderQty: '1' })).toEqual(['c NEW', 'c 1@110']);
    },
  );

  it('takers fill what rests at the best price, and come only where an order of a session rests', async () => {
    await start({ takers: { seed: 1, perMinute: 600 } });
    venue.quote(INFY, '99x10', '101x10');
    venue.quote(TCS, '99x10', '101x10');
    const heard = follow(calls.streamExecutions({ sessionId: 's1', fromSeq: 1 }, {}));
    await place('a', { price: '100', orderQty: '20' });
    for (let second = 0; second < 60 && !heard.words.some((said) => said.startsWith('a ') && said.endsWith('@100')); second++) {
      venue.aheadMs += 1_000;
      venue.refresh();
      await venue.desk.whenDurable(() => undefined);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await until(() => heard.words.some((said) => said.endsWith('@100')), 'a fill');
    expect(heard.words.filter((said) => said.includes('@')).every((said) => said.endsWith('@100'))).toBe(true);
    const takers = venue.log.recorded.flatMap(({ command }) => (command?.$case === 'takerOrder' ? [command.value] : []));
    expect(takers.length).toBeGreaterThan(0);
    expect(new Set(takers.map(({ instrumentId }) => instrumentId))).toEqual(new Set([INFY]));
    // A buyer pays what the maker asks; a seller gets what the order bids, whatever its number of lots up to that.
    expect(takers.every(({ side, price }) => price === (side === Side.BUY ? '101' : '100'))).toBe(true);
    expect(takers.every(({ orderQty }) => Number(orderQty) <= 20)).toBe(true);
  });

  it('commands of a session take their time and keep their order; a look-up waits for those that are under way', async () => {
    await start({ latency: { seed: 1, latencyMs: 500, jitterMs: 20 } });
    const stream = calls.trade({});
    const heard = follow(stream);
    stream.send({ commands: [{ command: { $case: 'logon', value: { sessionId: 's1', fromSeq: 1 } }, traceparent: '' }] });
    const order = NewOrder.fromPartial({
      brokerAccountId: 'PAPER-1',
      instrumentId: INFY,
      side: Side.BUY,
      ordType: OrdType.LIMIT,
      timeInForce: TimeInForce.DAY,
      orderQty: '1',
      price: '100',
    });
    const begunMs = performance.now();
    const commands = Array.from({ length: 50 }, (_, at) => ({
      command: { $case: 'newOrder' as const, value: { ...order, tag: `t${at}` } },
      traceparent: '',
    }));
    stream.send({ commands });
    await turns(5);
    expect(heard.words).toEqual([]);
    expect((await calls.getOrderByTag({ sessionId: 's1', tag: 't49', fromSeq: 0 }, {})).found).toBe(true);
    expect(performance.now() - begunMs).toBeGreaterThanOrEqual(499);
    await until(() => heard.words.length === 50, 'all orders');
    expect(heard.words).toEqual(Array.from({ length: 50 }, (_, at) => `t${at} NEW`));
    expect(await place('u')).toEqual(['u NEW', 'u CANCELED']);
  });
});
