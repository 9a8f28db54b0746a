import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  MATCHING_SERVICE,
  OrdType,
  Reason,
  Side,
  StatusCode,
  TimeInForce,
  type CallError,
  type MessageStream,
} from '@switchyard/contracts';
import {
  ExecutionKind,
  NewOrder,
  type Execution,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { eventually, turns } from '@switchyard/testkit';
import { InProcessVenue } from './testing/in-process-venue.js';
import { linkedStreams } from './testing/linked-streams.js';
import { INFY, TCS } from './testing/venue-builder.js';

/** A session's end of a stream, and what came on it. */
class Caller {
  readonly executions: Execution[] = [];
  loggedOnLastSeq: number | undefined;
  cancelsOnly: boolean | undefined;
  closedWith: CallError | 'open' | undefined = 'open';

  constructor(readonly stream: MessageStream<TradeResponse, TradeRequest>) {
    stream.onMessage((message) => {
      if (message.loggedOn) [this.loggedOnLastSeq, this.cancelsOnly] = [message.loggedOnLastSeq, message.cancelsOnly];
      this.executions.push(...message.executions);
    });
    stream.onClose((error) => {
      this.closedWith = error;
    });
  }

  send(...commands: VenueCommand['command'][]): void {
    this.stream.send({ commands: commands.map((command) => ({ command, traceparent: '' })) });
  }

  logon(sessionId = 's1', fromSeq = 1): void {
    this.send({ $case: 'logon', value: { sessionId, fromSeq } });
  }

  place(tag: string, order: Partial<NewOrder> = {}): void {
    const base = { tag, brokerAccountId: 'PAPER-1', instrumentId: INFY, side: Side.BUY, orderQty: '10', timeInForce: TimeInForce.DAY };
    this.send({
      $case: 'newOrder',
      value: NewOrder.fromPartial({ ...base, ordType: order.price === undefined ? OrdType.MARKET : OrdType.LIMIT, ...order }),
    });
  }
}

const until = (condition: () => boolean, what: string): Promise<unknown> => eventually(condition, { what, intervalMs: 1 });

/** Enough for anything that could happen to happen. */
const enough = 20;

describe('the venue’s desk', () => {
  let venue: InProcessVenue;
  const open = (): Caller => new Caller(venue.calls.any(MATCHING_SERVICE).trade({}));

  beforeEach(async () => {
    venue = new InProcessVenue();
    await venue.start();
  });
  afterEach(() => {
    venue.log.release();
    venue.kill();
  });

  it('tells nothing before it is durable, and answers no question from it', async () => {
    const caller = open();
    caller.logon();
    await until(() => caller.loggedOnLastSeq === 0, 'the logon');
    venue.log.hold();
    caller.place('a', { price: '1500' });
    await turns(3); // It is taken now.
    let answered = false;
    const question = Promise.all([
      venue.desk.orderByTag('s1', 'a'),
      venue.desk.position('PAPER-1', INFY),
      venue.desk.depth(INFY, 5),
    ]).finally(() => {
      answered = true;
    });
    await turns(enough);
    expect([caller.executions, answered]).toEqual([[], false]);
    venue.log.release();
    const [order] = await question;
    expect(order).toMatchObject({ found: true, executions: [{ tag: 'a', seq: 1 }] });
    expect(caller.executions).toHaveLength(1);
  });

  it('an answer about a tag knows of everything that was taken before the question', async () => {
    const caller = open();
    caller.logon();
    for (let at = 0; at < 1000; at++) caller.place(`t${at}`, { price: '1500' });
    await until(() => caller.executions.length > 0, 'the first batch');
    expect((await venue.desk.orderByTag('s1', 't999')).found).toBe(true);
    expect(await venue.desk.orderByTag('s1', 'never')).toEqual({ found: false, executions: [], lastSeq: 0 });
  });

  it('a tag of another session is found, but what became of it is not told', async () => {
    const caller = open();
    caller.logon();
    caller.place('a', { price: '1500' });
    await until(() => caller.executions.length === 1, 'the order');
    expect(await venue.desk.orderByTag('s2', 'a')).toEqual({ found: true, executions: [], lastSeq: 0 });
  });

  it('a log that fails ends the streams, tells nothing, and the next desk starts from the log', async () => {
    const caller = open();
    caller.logon();
    caller.place('a', { price: '1500' });
    await until(() => caller.executions.length === 1, 'the order');
    const failure = new Error('the holder is dead');
    venue.log.failNext(failure);
    venue.log.hold();
    caller.place('b', { price: '1500' });
    await turns(3); // It is taken now.
    const question = venue.desk.position('PAPER-1', INFY);
    venue.log.release();
    await expect(question).rejects.toMatchObject({ reason: Reason.NOT_READY });
    await until(() => caller.closedWith !== 'open', 'the end');
    expect(caller.closedWith).toMatchObject({ code: StatusCode.UNAVAILABLE });
    expect([venue.failure, caller.executions.length]).toEqual([failure, 1]);
    await venue.start();
    expect((await venue.desk.orderByTag('s1', 'b')).found).toBe(false);
    expect((await venue.desk.orderByTag('s1', 'a')).found).toBe(true);
  });

  it('a session that comes late gets everything from where it wants, then what follows, without gap or double', async () => {
    const first = open();
    first.logon();
    for (let at = 0; at < 700; at++) first.place(`t${at}`, { price: '1500' });
    await until(() => first.executions.length === 700, 'all orders');
    const late = open();
    late.logon('s1', 5);
    for (let at = 0; at < 300; at++) late.place(`u${at}`, { price: '1500' });
    await until(() => late.executions.length === 996, 'the log and what follows');
    expect(late.loggedOnLastSeq).toBe(700);
    expect(late.executions.map(({ seq }) => seq)).toEqual(Array.from({ length: 996 }, (_, at) => at + 5));
  });

  it('a slow reader gets everything all the same: what its stream can’t hold comes from the log', async () => {
    const link = linkedStreams<TradeRequest, TradeResponse>({}, 1);
    venue.desk.trade(link.server);
    const caller = new Caller(link.caller);
    caller.logon();
    for (let burst = 0; burst < 20; burst++) {
      for (let at = 0; at < 50; at++) caller.place(`t${burst}-${at}`, { price: '1500' });
      await turns(burst % 4);
    }
    await until(() => caller.executions.length === 1000, 'all executions');
    expect(caller.executions.map(({ seq }) => seq)).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
  });

  it('executions go to the session whose order it is, whoever caused them', async () => {
    const [one, two] = [open(), open()];
    one.logon('s1');
    two.logon('s2');
    one.place('a', { price: '1500' });
    await until(() => one.executions.length === 1, 'the resting order');
    two.place('b', { side: Side.SELL });
    await until(() => one.executions.length === 2 && two.executions.length === 2, 'the trade');
    expect(one.executions[1]).toMatchObject({ seq: 2, tag: 'a', lastQty: '10' });
    expect(two.executions.map(({ seq, tag }) => [seq, tag])).toEqual([
      [1, 'b'],
      [2, 'b'],
    ]);
  });

  it('the newest logon of a session counts', async () => {
    const [old, newer] = [open(), open()];
    old.logon();
    await until(() => old.loggedOnLastSeq === 0, 'the first logon');
    newer.logon();
    await until(() => old.closedWith !== 'open', 'the end of the first');
    expect(old.closedWith).toMatchObject({ code: StatusCode.ABORTED });
    newer.place('a', { price: '1500' });
    await until(() => newer.executions.length === 1, 'the order');
  });

  it.each<readonly [fact: string, begin: (caller: Caller) => void, code: StatusCode]>([
    ['a command before the logon', (caller) => caller.place('a'), StatusCode.INVALID_ARGUMENT],
    ['a logon without a session', (caller) => caller.logon(''), StatusCode.INVALID_ARGUMENT],
    ['a second logon', (caller) => [caller.logon(), caller.logon()], StatusCode.INVALID_ARGUMENT],
    ['a command that says nothing', (caller) => [caller.logon(), caller.send(undefined)], StatusCode.INVALID_ARGUMENT],
    ['a logon from before the first execution', (caller) => caller.logon('s1', 0), StatusCode.OUT_OF_RANGE],
    ['a logon from beyond the last execution', (caller) => caller.logon('s1', 2), StatusCode.OUT_OF_RANGE],
  ])('%s ends the stream', async (_fact, begin, code) => {
    const caller = open();
    begin(caller);
    await until(() => caller.closedWith !== 'open', 'the end');
    expect(caller.closedWith).toMatchObject({ code });
  });

  it.each([0, 777])('what comes with or after a logon from %d, which is refused, is not executed', async (fromSeq) => {
    const caller = open();
    const place = (tag: string): VenueCommand['command'] => ({
      $case: 'newOrder',
      value: NewOrder.fromPartial({ tag, brokerAccountId: 'PAPER-1', instrumentId: INFY, side: Side.BUY, orderQty: '1', price: '1500' }),
    });
    caller.send({ $case: 'logon', value: { sessionId: 's1', fromSeq } }, place('a'));
    caller.send(place('b'));
    await until(() => caller.closedWith !== 'open', 'the end');
    await turns(enough);
    expect(caller.closedWith).toMatchObject({ code: StatusCode.OUT_OF_RANGE, reason: Reason.CONFLICT });
    expect(await Promise.all(['a', 'b'].map((tag) => venue.desk.orderByTag('s1', tag)))).toEqual(
      Array.from({ length: 2 }, () => ({ found: false, executions: [], lastSeq: 0 })),
    );
  });

  it('while orders are not taken a stream takes cancels, an order ends it, and it hears when they are', async () => {
    let takesOrders = true;
    venue = new InProcessVenue({ takesOrders: () => takesOrders });
    await venue.start();
    const before = open();
    before.logon();
    before.place('a', { price: '1400' });
    await until(() => before.executions.length === 1, 'the order');
    expect(before.cancelsOnly).toBe(false);
    takesOrders = false;
    const [limited, refused] = [open(), open()];
    limited.logon('s1', 2);
    await until(() => limited.cancelsOnly === true, 'the logon');
    limited.send({ $case: 'cancel', value: { tag: 'x', targetTag: 'a' } });
    await until(() => limited.executions.length === 1, 'the cancel');
    expect(limited.executions[0]).toMatchObject({ kind: ExecutionKind.CANCELED, tag: 'x', orderTag: 'a' });
    refused.logon('s2');
    refused.place('b');
    await until(() => refused.closedWith !== 'open', 'the end');
    expect(refused.closedWith).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    expect(await venue.desk.orderByTag('s2', 'b')).toMatchObject({ found: false });
    takesOrders = true;
    venue.desk.ordersTaken();
    await until(() => limited.cancelsOnly === false, 'that orders are taken');
    limited.place('c', { price: '1400' });
    await until(() => limited.executions.length === 2, 'the order');
  });

  it('a session with ten thousand commands waiting is cut off', async () => {
    const caller = open();
    caller.logon();
    await until(() => caller.loggedOnLastSeq === 0, 'the logon');
    venue.log.hold();
    const commands = Array.from({ length: 10_300 }, (_, at) => ({
      traceparent: '',
      command: { $case: 'cancel' as const, value: { tag: `t${at}`, targetTag: 'x' } },
    }));
    caller.stream.send({ commands });
    await until(() => caller.closedWith !== 'open', 'the end');
    expect(caller.closedWith).toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED });
  });

  it('an order meets the newest quote, and the quote is in the log before it', async () => {
    const caller = open();
    caller.logon();
    venue.quote(INFY, '1499.95x100', '1500.05x100');
    venue.quote(INFY, '1599.95x100', '1600.05x100');
    caller.place('a');
    caller.place('b');
    await until(() => caller.executions.length === 4, 'both trades');
    expect(caller.executions.map(({ lastPx }) => lastPx)).toEqual(['', '1600.05', '', '1600.05']);
    // Two listings, one quote, two orders.
    expect(venue.log.length).toBe(5);
  });

  it('between orders the maker follows its quote only where orders rest, or where it shows nothing yet', async () => {
    venue.stopClock();
    venue.quote(INFY, '1499x100', '1501x100');
    venue.quote(TCS, '99x100', '101x100');
    venue.refresh();
    expect((await venue.desk.depth(TCS, 1))?.asks).toEqual([{ price: '101', qty: '100', orders: 1 }]);
    const caller = open();
    caller.logon();
    caller.place('a', { price: '1400' });
    await until(() => caller.executions.length === 1, 'the resting order');
    const before = venue.log.length;
    venue.quote(INFY, '1399x100', '1400x100');
    venue.quote(TCS, '199x100', '201x100');
    venue.refresh();
    await until(() => caller.executions.length === 2, 'the fill');
    // The fill took something of the levels: a second later they are shown whole again, and then nothing is new.
    venue.aheadMs += 1_000;
    for (let at = 0; at < 3; at++) {
      venue.refresh();
      await turns(enough);
    }
    expect(venue.log.length).toBe(before + 2);
    // A look at the book sees the newest quote, as an order would.
    expect((await venue.desk.depth(TCS, 1))?.asks).toEqual([{ price: '201', qty: '100', orders: 1 }]);
  });

  it('an order that is taken before a refresh meets the quote all the same', async () => {
    const caller = open();
    caller.logon();
    await until(() => caller.loggedOnLastSeq === 0, 'the logon');
    venue.quote(INFY, '1499.95x100', '1500.05x100');
    venue.log.hold();
    caller.place('first', { price: '1000' });
    await turns(3); // Its batch is with the log: what comes now waits together.
    caller.place('a');
    await turns(3);
    venue.quote(INFY, '1599.95x100', '1600.05x100');
    venue.refresh();
    venue.log.release();
    await until(() => caller.executions.length === 3, 'the order and its end');
    expect(caller.executions[2]).toMatchObject({ tag: 'a', lastPx: '1600.05' });
  });

  it('what was traded of the maker’s levels is there again a second later', async () => {
    venue.stopClock();
    venue.quote(TCS, '99x100', '101x100');
    const caller = open();
    caller.logon();
    caller.place('a', { instrumentId: TCS });
    await until(() => caller.executions.length === 2, 'the trade');
    expect((await venue.desk.depth(TCS, 1))?.asks[0]?.qty).toBe('90');
    venue.refresh();
    expect((await venue.desk.depth(TCS, 1))?.asks[0]?.qty).toBe('90');
    venue.aheadMs += 1_000;
    venue.refresh();
    expect((await venue.desk.depth(TCS, 1))?.asks[0]?.qty).toBe('100');
    const before = venue.log.length;
    venue.refresh();
    await turns(enough);
    expect(venue.log.length).toBe(before);
  });

  it('a quote at the same prices brings nothing back of what was taken within a second, a price that moved is whole', async () => {
    venue.stopClock();
    const caller = open();
    caller.logon();
    const buy = async (tag: string, order: Partial<NewOrder>): Promise<string[]> => {
      const before = caller.executions.length;
      caller.place(tag, { instrumentId: TCS, timeInForce: TimeInForce.IOC, ...order });
      await until(
        () => caller.executions.slice(before).some(({ kind, leavesQty }) => kind === ExecutionKind.CANCELED || leavesQty === '0'),
        tag,
      );
      return caller.executions.slice(before).flatMap(({ lastQty, lastPx }) => (lastQty === '' ? [] : [`${lastQty}@${lastPx}`]));
    };
    venue.quote(TCS, '99x100', '101x100');
    expect(await buy('a', { orderQty: '60', price: '101' })).toEqual(['60@101']);
    for (const tag of ['b', 'c']) {
      venue.quote(TCS, '99x100', '101x100');
      venue.refresh();
      expect(await buy(tag, { orderQty: '60', price: '101' })).toEqual(tag === 'b' ? ['40@101'] : []);
    }
    // More is quoted: only that is new. Other prices are whole, and back at the first price it is as it was.
    venue.quote(TCS, '99x100', '101x130');
    expect(await buy('d', { orderQty: '60', price: '101' })).toEqual(['30@101']);
    venue.quote(TCS, '99x100', '101.5x100');
    expect(await buy('e', { orderQty: '160', price: '101.5' })).toEqual(['100@101.5']);
    venue.quote(TCS, '99x100', '101x100');
    expect(await buy('f', { orderQty: '60', price: '101' })).toEqual([]);
    expect((await venue.desk.depth(TCS, 1))?.bids).toEqual([{ price: '99', qty: '100', orders: 1 }]);
    venue.aheadMs += 1_000;
    expect(await buy('g', { orderQty: '160', price: '101' })).toEqual(['100@101']);
  });

  it('what a resting order took of levels that moved through it is taken too', async () => {
    venue.stopClock();
    const caller = open();
    caller.logon();
    caller.place('a', { instrumentId: TCS, orderQty: '30', price: '100' });
    await until(() => caller.executions.length === 1, 'the resting order');
    venue.quote(TCS, '98x100', '99x100');
    venue.refresh();
    await until(() => caller.executions.length === 2, 'its trade');
    venue.quote(TCS, '98x100', '99x100');
    expect((await venue.desk.depth(TCS, 1))?.asks[0]).toEqual({ price: '99', qty: '70', orders: 1 });
    venue.aheadMs += 1_000;
    expect((await venue.desk.depth(TCS, 1))?.asks[0]).toEqual({ price: '99', qty: '100', orders: 1 });
  });

  it('settles: what was taken is durable and told, and nothing more is taken', async () => {
    const caller = open();
    caller.logon();
    caller.place('a', { price: '1500' });
    await until(() => caller.loggedOnLastSeq === 0, 'the logon');
    await venue.desk.settle();
    const before = venue.log.length;
    caller.place('b', { price: '1500' });
    await until(() => caller.executions.length === 1, 'the order');
    await turns(enough);
    expect([venue.log.length, caller.executions.length]).toEqual([before, 1]);
    venue.desk.close();
    await until(() => caller.closedWith !== 'open', 'the end');
    expect(caller.closedWith).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
  });
});
