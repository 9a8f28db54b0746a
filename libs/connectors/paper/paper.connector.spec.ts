// What is the paper connector's own, beyond the cards that every connector passes.
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CallError,
  Liquidity,
  OrdType,
  Product,
  Reason,
  SelfTradePrevention,
  Side,
  StatusCode,
  TimeInForce,
  type Calls,
  type MessageStream,
} from '@switchyard/contracts';
import {
  Execution,
  ExecutionKind,
  type GetOrderByTagRequest,
  type GetOrderByTagResponse,
  type TradeRequest,
  type TradeResponse,
} from '@switchyard/contracts/gen/matching/v1/service';
import { systemClock } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { linkedStreams } from '@switchyard/matching-core/testing';
import { type ConnectorState, type Execution as OurExecution, type SubmitRequest } from '@switchyard/connectors-port';
import { PaperConnector } from './paper.connector.js';

/** A venue that a test plays by hand: it sees every stream and look-up, and at which address. */
class HandPlayedVenue {
  readonly streams: {
    readonly address: string;
    readonly stream: MessageStream<TradeRequest, TradeResponse>;
    readonly requests: TradeRequest[];
  }[] = [];
  readonly asked: string[] = [];
  /** What an address answers to a look-up. */
  answer: (address: string, fromSeq: number) => Promise<GetOrderByTagResponse> = () =>
    Promise.resolve({ found: false, executions: [], lastSeq: 0 });

  readonly calls: Calls = {
    any: () => this.#at('any') as never,
    at: (_contract, address) => this.#at(address) as never,
    addressesOf: () => [],
  };

  #at(address: string): unknown {
    return {
      trade: () => {
        const { caller, server } = linkedStreams<TradeRequest, TradeResponse>({}, 2);
        const requests: TradeRequest[] = [];
        server.onMessage((request) => requests.push(request));
        server.onEnd(() => server.end());
        this.streams.push({ address, stream: server, requests });
        return caller;
      },
      getOrderByTag: ({ fromSeq }: GetOrderByTagRequest) => {
        this.asked.push(address);
        return this.answer(address, fromSeq);
      },
    };
  }
}

const moved = new CallError('another process runs the venue', {
  code: StatusCode.FAILED_PRECONDITION,
  reason: Reason.NOT_OWNER,
  metadata: { address: 'venue-1:7400' },
});

function execution(seq: number, of: Partial<Execution>): Execution {
  return Execution.fromPartial({ seq, kind: ExecutionKind.NEW, tag: `t${seq}`, orderTag: `t${seq}`, venueOrderId: `V${seq}`, ...of });
}

function order(tag: string): SubmitRequest {
  const content = {
    instrument: 'infy',
    side: Side.BUY,
    ordType: OrdType.MARKET,
    timeInForce: TimeInForce.DAY,
    product: Product.DELIVERY,
    orderQty: '1',
    strategyId: '',
    algoId: '',
    sendBeforeMs: 0,
    selfTradePrevention: SelfTradePrevention.UNSPECIFIED,
    postOnly: false,
    expireAtMs: 0,
  };
  return { tag, brokerAccountId: 'PAPER-1', instrumentId: 'infy', traceparent: '', beforeSocketWrite: () => true, content };
}

const until = (condition: () => boolean, what: string): Promise<unknown> => eventually(condition, { what, intervalMs: 1 });

describe('the paper connector', () => {
  const abort: AbortController[] = [];
  afterEach(() => {
    for (const one of abort.splice(0)) one.abort();
  });

  function connected(fromCursor = ''): {
    venue: HandPlayedVenue;
    connector: PaperConnector;
    heard: OurExecution[];
    states: [ConnectorState, string][];
  } {
    const venue = new HandPlayedVenue();
    const connector = new PaperConnector({ sessionId: 'paper-1', brokerAccountIds: ['PAPER-1'], calls: venue.calls, clock: systemClock });
    const heard: OurExecution[] = [];
    const states: [ConnectorState, string][] = [];
    const controller = new AbortController();
    abort.push(controller);
    connector.connect(
      { onState: (state, text) => states.push([state, text]), onExecution: (one) => heard.push(one) },
      { fromCursor, signal: controller.signal },
    );
    return { venue, connector, heard, states };
  }

  async function loggedOn(): Promise<ReturnType<typeof connected>> {
    const all = connected();
    all.venue.streams[0]?.stream.send({ executions: [], loggedOn: true, loggedOnLastSeq: 0, cancelsOnly: false });
    await until(() => all.states.length === 1, 'ready');
    return all;
  }

  it('sends cancels to a venue that takes nothing else yet, and orders when it says that it takes them', async () => {
    const { venue, connector, states } = connected();
    const says = (cancelsOnly: boolean): unknown =>
      venue.streams[0]?.stream.send({ executions: [], loggedOn: true, loggedOnLastSeq: 0, cancelsOnly });
    const sent = (): unknown[] =>
      (venue.streams[0]?.requests ?? []).flatMap(({ commands }) => commands.map(({ command }) => command?.$case));
    says(true);
    await until(() => states.length === 1, 'the logon');
    const deadlineMs = Date.now() + 60_000;
    const text = 'the venue waits for quotes: it takes cancels only';
    expect(await connector.submit(order('a'), deadlineMs)).toEqual({ kind: 'not-sent', reason: Reason.SESSION_DOWN, text });
    const { content: _content, ...rest } = order('b');
    void connector.cancel({ ...rest, targetTag: 'z', brokerOrderId: 'V1' }, deadlineMs);
    await until(() => sent().length === 2, 'the cancel');
    says(false);
    await until(() => states.length === 2, 'ready');
    void connector.submit(order('c'), deadlineMs);
    await until(() => sent().length === 3, 'the order');
    expect(sent()).toEqual(['logon', 'cancel', 'newOrder']);
    expect(states).toEqual([
      ['cancels', text],
      ['ready', 'logged on'],
    ]);
  });

  it('asks for what follows its cursor', async () => {
    const { venue } = connected('41');
    await until(() => venue.streams[0]?.requests.length === 1, 'the logon');
    expect(venue.streams[0]?.requests[0]?.commands[0]?.command).toEqual({ $case: 'logon', value: { sessionId: 'paper-1', fromSeq: 42 } });
  });

  it('goes to the owner that a process which stands by names, and back to any when the owner is gone', async () => {
    const { venue } = connected();
    venue.streams[0]?.stream.cancel(moved);
    await until(() => venue.streams.length === 2, 'the second stream');
    venue.streams[1]?.stream.cancel();
    await until(() => venue.streams.length === 3, 'the third stream');
    expect(venue.streams.map(({ address }) => address)).toEqual(['any', 'venue-1:7400', 'any']);
  });

  it('looks up at the owner that is named, once, and is unknown when that fails too', async () => {
    const { venue, connector } = connected();
    venue.answer = (address) => (address === 'any' ? Promise.reject(moved) : Promise.resolve({ found: false, executions: [], lastSeq: 0 }));
    expect(await connector.lookUp('a', Date.now() + 60_000)).toEqual({ kind: 'absent' });
    venue.answer = () => Promise.reject(moved);
    expect(await connector.lookUp('a', Date.now() + 60_000)).toMatchObject({ kind: 'unknown' });
    expect(venue.asked).toEqual(['any', 'venue-1:7400', 'any', 'venue-1:7400']);
  });

  it('looks up in as many answers as it takes, and has each execution once; a venue that tells no more of them is unknown', async () => {
    const { venue, connector } = connected();
    const all = [2, 3, 7, 8, 11].map((seq) => execution(seq, { tag: 'a', orderTag: 'a' }));
    let isStuck = false;
    venue.answer = (_address, fromSeq) => {
      const executions = isStuck && fromSeq > 7 ? [] : all.filter(({ seq }) => seq >= fromSeq).slice(0, 2);
      return Promise.resolve({ found: true, executions, lastSeq: 11 });
    };
    const found = await connector.lookUp('a', Date.now() + 60_000);
    expect(found.kind === 'found' && found.executions).toHaveLength(5);
    expect(venue.asked).toHaveLength(3);
    isStuck = true;
    const text = 'the look-up failed: the venue has executions up to 11, and tells none from 9 on';
    expect(await connector.lookUp('a', Date.now() + 60_000)).toEqual({ kind: 'unknown', text });
  });

  it.each([
    ['a kind of a later version', { kind: 99 as ExecutionKind }],
    ['no kind', { kind: ExecutionKind.UNSPECIFIED }],
  ])('an execution of %s breaks the stream off, and a look-up that has one is unknown', async (_fact, of) => {
    const { venue, connector, heard, states } = await loggedOn();
    venue.streams[0]?.stream.send({
      executions: [execution(1, {}), execution(2, of), execution(3, {})],
      loggedOn: false,
      loggedOnLastSeq: 0,
      cancelsOnly: false,
    });
    await until(() => states.length === 2, 'down');
    expect(states[1]).toEqual(['down', 'execution 2 is of a kind that this version does not know']);
    expect(heard.map(({ tag }) => tag)).toEqual(['t1']);
    venue.answer = () => Promise.resolve({ found: true, executions: [execution(2, of)], lastSeq: 2 });
    expect(await connector.lookUp('t2', Date.now() + 60_000)).toMatchObject({ kind: 'unknown' });
  });

  it('an execution out of sequence breaks the stream off, and it resumes after the last one in sequence', async () => {
    const { venue, connector, heard, states } = await loggedOn();
    venue.streams[0]?.stream.send({
      executions: [execution(1, {}), execution(3, {})],
      loggedOn: false,
      loggedOnLastSeq: 0,
      cancelsOnly: false,
    });
    await until(() => states.length === 2, 'down');
    connector.confirm(heard[0]?.cursor ?? '');
    await until(() => venue.streams[1]?.requests.length === 1, 'the next logon');
    expect(venue.streams[1]?.requests[0]?.commands[0]?.command).toMatchObject({ value: { fromSeq: 2 } });
  });

  it('what an order became by itself is delivered in its place, and answers no request', async () => {
    const { venue, connector, heard } = await loggedOn();
    const of = { tag: 'a', orderTag: 'a', venueOrderId: 'V7' };
    const outcome = connector.submit(order('a'), Date.now() + 60_000);
    let isAnswered = false;
    void outcome.then(() => (isAnswered = true));
    await until(() => venue.streams[0]?.requests.length === 2, 'the order');
    const executions = [
      execution(1, { ...of, kind: ExecutionKind.TRIGGERED, ordType: OrdType.LIMIT }),
      execution(2, { ...of, kind: ExecutionKind.TRADE, tradeId: '1B', lastQty: '1', lastPx: '100', liquidity: Liquidity.REMOVED }),
      execution(3, { ...of, kind: ExecutionKind.RESTATED, ordType: OrdType.LIMIT, orderQty: '3', price: '100' }),
    ];
    venue.streams[0]?.stream.send({ executions, loggedOn: false, loggedOnLastSeq: 0, cancelsOnly: false });
    await until(() => heard.length === 3, 'all three');
    expect(heard.map(({ kind }) => kind)).toEqual(['triggered', 'trade', 'restated']);
    expect(isAnswered).toBe(false);
    venue.streams[0]?.stream.send({ executions: [execution(4, of)], loggedOn: false, loggedOnLastSeq: 0, cancelsOnly: false });
    expect(await outcome).toEqual({ kind: 'accepted', brokerOrderId: 'V7' });
  });

  it('an execution that comes twice on a stream is delivered once', async () => {
    const { venue, heard, states } = await loggedOn();
    for (const seqs of [
      [1, 2],
      [2, 3],
    ]) {
      venue.streams[0]?.stream.send({
        executions: seqs.map((seq) => execution(seq, {})),
        loggedOn: false,
        loggedOnLastSeq: 0,
        cancelsOnly: false,
      });
    }
    await until(() => heard.length === 3, 'all three');
    expect([heard.map(({ tag }) => tag), states.length]).toEqual([['t1', 't2', 't3'], 1]);
  });

  it('an order that the venue canceled by itself was accepted before: the cancel answers no request', async () => {
    const { venue, connector } = await loggedOn();
    const outcome = connector.submit(order('a'), Date.now() + 60_000);
    const executions = [
      execution(1, { tag: 'a', orderTag: 'a', venueOrderId: 'V7' }),
      execution(2, { tag: 'a', orderTag: 'a', venueOrderId: 'V7', kind: ExecutionKind.CANCELED, reason: Reason.VENUE_NO_LIQUIDITY }),
    ];
    await until(() => venue.streams[0]?.requests.length === 2, 'the order');
    venue.streams[0]?.stream.send({ executions, loggedOn: false, loggedOnLastSeq: 0, cancelsOnly: false });
    expect(await outcome).toEqual({ kind: 'accepted', brokerOrderId: 'V7' });
  });

  it('what a full stream can’t take waits, and is not sent when its deadline comes first', async () => {
    const { venue, connector } = await loggedOn();
    const stream = venue.streams[0]?.stream;
    const requests: TradeRequest[] = [];
    const outcomes: Promise<unknown>[] = [];
    let asked = 0;
    for (let at = 0; at < 2_000; at++) {
      outcomes.push(connector.submit({ ...order(`o${at}`), beforeSocketWrite: () => ++asked > 0 }, Date.now() + 1_000));
    }
    stream?.onMessage((request) => {
      requests.push(request);
      // Nobody can take this many at once: the thread is held until every deadline has passed.
      if (requests.length === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100);
    });
    const kinds = (await Promise.all(outcomes)).map((outcome) => (outcome as { kind: string }).kind);
    // The stream has drained meanwhile: what has ended stays behind.
    await new Promise<void>((resolve) => setTimeout(resolve, 50));
    const sent = requests.flatMap(({ commands }) => commands).length;
    expect(kinds.filter((kind) => kind === 'in-doubt')).toHaveLength(asked);
    expect(kinds.filter((kind) => kind === 'not-sent')).toHaveLength(2_000 - asked);
    expect(sent).toBe(asked);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(2_000);
  });

  it('a stream that is open but dead is opened anew after a request without an answer, and the session is ready when that one answers', async () => {
    const { venue, connector, states } = await loggedOn();
    const [first, second] = [connector.submit(order('a'), Date.now() + 1_000), connector.submit(order('b'), Date.now() + 60_000)];
    expect(await first).toMatchObject({ kind: 'in-doubt', text: 'no answer before the deadline' });
    // What else was under way on that stream is in doubt as well, and nothing more is sent on it.
    expect(await second).toMatchObject({ kind: 'in-doubt' });
    expect(states.at(-1)).toEqual(['down', 'a request got no answer before its deadline']);
    expect(await connector.submit(order('c'), Date.now() + 60_000)).toMatchObject({ kind: 'not-sent', reason: Reason.SESSION_DOWN });
    await until(() => venue.streams[1]?.requests.length === 1, 'the next logon');
    expect(states).toHaveLength(2);
    venue.streams[1]?.stream.send({ executions: [], loggedOn: true, loggedOnLastSeq: 0, cancelsOnly: false });
    await until(() => states.length === 3, 'ready');
    // What the dead stream still says is nobody's.
    venue.streams[0]?.stream.send({ executions: [execution(1, { tag: 'a' })], loggedOn: false, loggedOnLastSeq: 0, cancelsOnly: false });
    const third = connector.submit(order('d'), Date.now() + 60_000);
    await until(() => venue.streams[1]?.requests.length === 2, 'the order');
    venue.streams[1]?.stream.send({
      executions: [execution(1, { tag: 'd', orderTag: 'd' })],
      loggedOn: false,
      loggedOnLastSeq: 0,
      cancelsOnly: false,
    });
    expect(await third).toEqual({ kind: 'accepted', brokerOrderId: 'V1' });
  });

  it('a second request of a tag that is under way is not sent', async () => {
    const { connector } = await loggedOn();
    const first = connector.submit(order('a'), Date.now() + 1_000);
    expect(await connector.submit(order('a'), Date.now() + 1_000)).toMatchObject({ kind: 'not-sent', reason: Reason.VENUE_DUPLICATE_TAG });
    expect(await first).toMatchObject({ kind: 'in-doubt' });
  });
});
