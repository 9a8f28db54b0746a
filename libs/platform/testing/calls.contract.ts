/** What every way of calling keeps, in process or over gRPC: the words of libs/contracts/calls.ts as tests. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Call, CallError, type MessageStream, Reason, StatusCode } from '@switchyard/contracts';
import { type JournalRow, type ReplayParkedRequest } from '@switchyard/contracts/gen/platform/v1/journal';
import { Deferred } from '@switchyard/kernel';
import { facts, failure, record } from './outcomes.js';
import { reconnectRows } from './reconnect.rows.js';
import { answer, ask, type EchoCalls, type EchoHandlers, row } from './echo-service.js';
import { streamBound, streamOverload } from '../calls/limits.js';

type Row = JournalRow;
type RowStream = MessageStream<Row, Row>;

/** A caller and a server that are connected in the way under test. */
export interface CallsWorld {
  readonly calls: EchoCalls;
  /** What the server does; each test sets its own. */
  handle(handlers: Partial<EchoHandlers>): void;
  /** The server ends, as a shutdown does. */
  goAway(): Promise<void>;
  /** It is there again, where it was. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const refusal = new CallError('the price is off the tick', {
  code: StatusCode.INVALID_ARGUMENT,
  reason: Reason.PRICE_OFF_TICK,
  violations: [{ field: 'content.price', description: 'must be a multiple of 0.05', reason: Reason.PRICE_OFF_TICK }],
  metadata: { tick: '0.05' },
  retryAfterMs: 1_250,
});
const timeoutMs = 10_000;

export function callsContract(name: string, open: () => Promise<CallsWorld>): void {
  describe(`${name} keeps the contract of calls`, () => {
    let world: CallsWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());
    beforeEach(() => world.handle({}));

    describe('unary', () => {
      it("answers with the handler's response", async () => {
        world.handle({ ask: async (request) => answer(request.key.length) });
        expect(await world.calls.ask(ask('four'), { timeoutMs })).toEqual(answer(4));
      });

      it("never runs the handler in the caller's turn", async () => {
        let handled = false;
        world.handle({
          ask: async () => {
            handled = true;
            return answer(1);
          },
        });
        const pending = world.calls.ask(ask('a'), { timeoutMs });
        expect(handled).toBe(false);
        await pending;
        expect(handled).toBe(true);
      });

      it('tells the handler who calls, until when, in which trace, and that it was forwarded', async () => {
        let seen: Call | undefined;
        world.handle({
          ask: async (_, call) => {
            seen = call;
            return answer(1);
          },
        });
        const deadlineMs = Date.now() + timeoutMs;
        const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
        await world.calls.ask(ask('a'), { deadlineMs, traceparent, forwarded: true });
        expect(seen?.principal).toMatchObject({ subject: 'tester', roles: ['service'] });
        expect(seen?.token).not.toBe('');
        expect(Math.abs((seen?.deadlineMs ?? 0) - deadlineMs)).toBeLessThan(1_000);
        expect(seen?.traceparent.slice(3, 35)).toBe(traceparent.slice(3, 35));
        expect(seen?.forwarded).toBe(true);
      });

      it('gives a refusal with all its details', async () => {
        world.handle({ ask: () => Promise.reject(refusal) });
        expect(facts(await failure(world.calls.ask(ask('a'), { timeoutMs })))).toEqual(facts(refusal));
      });

      it('shows a defect as INTERNAL with an id, and not a word of it', async () => {
        world.handle({ ask: () => Promise.reject(new Error('the password is hunter2')) });
        const error = await failure(world.calls.ask(ask('a'), { timeoutMs }));
        expect(error).toMatchObject({ code: StatusCode.INTERNAL, reason: Reason.INTERNAL });
        expect(error.message).toBe(`internal error ${error.metadata['errorId']}`);
      });

      it.each([
        ['a connection that is refused', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })],
        ['a server that crashed', Object.assign(new Error('terminating connection'), { code: '57P02' })],
        ['a connection that broke', new Error('Connection terminated unexpectedly')],
      ])('shows a database that is away as UNAVAILABLE: %s', async (_, away) => {
        world.handle({ ask: () => Promise.reject(away) });
        const error = await failure(world.calls.ask(ask('a'), { timeoutMs }));
        expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
        expect(error.message).toMatch(/^the database can not be reached now: repeat the call/);
      });

      it('has 30 s where its deadline is later', async () => {
        let leftMs: number | undefined;
        world.handle({ ask: async (_, call) => ((leftMs = call.deadlineMs - Date.now()), answer(1)) });
        await world.calls.ask(ask('a'), { deadlineMs: Date.now() + 3_600_000 });
        expect(leftMs).toBeGreaterThan(20_000);
        expect(leftMs).toBeLessThan(31_000);
      });

      it('is refused without a deadline', async () => {
        expect(await failure(world.calls.ask(ask('a'), {}))).toMatchObject({
          code: StatusCode.INVALID_ARGUMENT,
          reason: Reason.DEADLINE_REQUIRED,
        });
      });

      it('fails at its deadline, and the handler is told', async () => {
        const aborted = new Deferred<void>();
        world.handle({
          ask: (_, call) => {
            call.signal.addEventListener('abort', () => aborted.resolve());
            return new Promise(() => undefined);
          },
        });
        expect(await failure(world.calls.ask(ask('a'), { timeoutMs: 500 }))).toMatchObject({
          code: StatusCode.DEADLINE_EXCEEDED,
          reason: Reason.DEADLINE_EXCEEDED,
        });
        await aborted.promise;
      });

      it('fails when the caller cancels, and the handler is told', async () => {
        const [handled, aborted] = [new Deferred<void>(), new Deferred<void>()];
        world.handle({
          ask: (_, call) => {
            call.signal.addEventListener('abort', () => aborted.resolve());
            handled.resolve();
            return new Promise(() => undefined);
          },
        });
        const controller = new AbortController();
        const pending = failure(world.calls.ask(ask('a'), { timeoutMs, signal: controller.signal }));
        await handled.promise;
        controller.abort();
        expect(await pending).toMatchObject({ code: StatusCode.CANCELLED, reason: Reason.CALL_CANCELLED });
        await aborted.promise;
      });

      it('refuses a token that does not verify', async () => {
        world.handle({ ask: async () => answer(1) });
        expect(await failure(world.calls.ask(ask('a'), { timeoutMs, token: 'forged' }))).toMatchObject({
          code: StatusCode.UNAUTHENTICATED,
          reason: Reason.UNAUTHENTICATED,
        });
      });

      it('is immutable: what either side changes later, the other never sees', async () => {
        const kept = new Deferred<ReplayParkedRequest>();
        world.handle({
          ask: async (request) => {
            kept.resolve(request);
            return answer(1);
          },
        });
        const request = ask('before');
        const pending = world.calls.ask(request, { timeoutMs });
        change(() => (request.key = 'after'));
        const received = await kept.promise;
        expect(received.key).toBe('before');
        await pending;
        change(() => (received.reader = 'changed'));
        expect(request.reader).toBe('reader');
      });
    });

    describe('a stream of answers', () => {
      it('delivers in order, then the end', async () => {
        world.handle({
          list: (request, stream) => {
            for (let seq = 1; seq <= 100; seq++) stream.send(row(seq));
            expect(request.key).toBe('a');
            stream.end();
          },
        });
        const seen = record(world.calls.list(ask('a'), { timeoutMs }));
        expect(await seen.closed).toBeUndefined();
        expect(seen.events).toEqual([...Array.from({ length: 100 }, (_, i) => String(i + 1)), 'end', 'close']);
      });

      it('ends with the refusal of the serving side', async () => {
        world.handle({ list: (_, stream) => stream.cancel(refusal) });
        const seen = record(world.calls.list(ask('a'), {}));
        expect(facts(await seen.closed)).toEqual(facts(refusal));
        expect(seen.events).toEqual(['close']);
      });

      it('ends with INTERNAL when the handler throws', async () => {
        world.handle({
          list: () => {
            throw new Error('a defect');
          },
        });
        expect(await record(world.calls.list(ask('a'), {})).closed).toMatchObject({ code: StatusCode.INTERNAL });
      });

      it('may stay open without a deadline, and ends for the handler when the caller cancels', async () => {
        const [opened, aborted] = [new Deferred<number>(), new Deferred<void>()];
        const server = new Deferred<CallError | undefined>();
        world.handle({
          list: (_, stream, call) => {
            call.signal.addEventListener('abort', () => aborted.resolve());
            stream.onClose((error) => server.resolve(error));
            opened.resolve(call.deadlineMs);
          },
        });
        const stream = world.calls.list(ask('a'), {});
        const seen = record(stream);
        expect(await opened.promise).toBe(Infinity);
        stream.cancel();
        expect(await seen.closed).toMatchObject({ code: StatusCode.CANCELLED });
        expect(await server.promise).toMatchObject({ code: StatusCode.CANCELLED });
        await aborted.promise;
        expect(seen.events).toEqual(['close']);
      });
    });

    describe('a stream in both directions', () => {
      it("delivers both ways in order, never in the sender's turn", async () => {
        let inTurn = false;
        world.handle({
          exchange: (stream) => {
            stream.onMessage((message) => {
              expect(inTurn).toBe(false);
              inTurn = true;
              stream.send(row(message.seq * 10));
              inTurn = false;
            });
            stream.onEnd(() => stream.end());
          },
        });
        const stream = world.calls.exchange({});
        const seen = record(stream as never);
        inTurn = true;
        for (let seq = 1; seq <= 200; seq++) stream.send(row(seq));
        inTurn = false;
        stream.end();
        expect(await seen.closed).toBeUndefined();
        expect(seen.events).toEqual([...Array.from({ length: 200 }, (_, i) => String((i + 1) * 10)), 'end', 'close']);
      });

      it("lets the serving side go on after the caller's end", async () => {
        world.handle({
          exchange: (stream) => {
            stream.onMessage(() => undefined);
            stream.onEnd(() => {
              stream.send(row(7));
              setTimeout(() => stream.end(), 5);
            });
          },
        });
        const stream = world.calls.exchange({});
        const seen = record(stream as never);
        stream.end();
        expect(await seen.closed).toBeUndefined();
        expect(seen.events).toEqual(['7', 'end', 'close']);
      });

      it('is over for both when the serving side ends', async () => {
        const server = new Deferred<CallError | undefined>();
        world.handle({
          exchange: (stream) => {
            stream.onMessage(() => stream.end());
            stream.onClose((error) => server.resolve(error));
          },
        });
        const stream = world.calls.exchange({});
        const seen = record(stream as never);
        stream.send(row(1));
        expect(await seen.closed).toBeUndefined();
        expect(await server.promise).toBeUndefined();
        expect(stream.send(row(2))).toBe(false);
      });

      it('keeps what arrives before anybody listens', async () => {
        const seen = new Deferred<number>();
        world.handle({
          exchange: (stream) => {
            setTimeout(() => stream.onMessage((message) => seen.resolve(message.seq)), 20);
          },
        });
        const stream = world.calls.exchange({});
        stream.onClose(() => undefined);
        stream.send(row(5));
        expect(await seen.promise).toBe(5);
        stream.cancel();
      });

      it('says false at its bound, drains, and loses nothing', async () => {
        let received = 0;
        const all = new Deferred<void>();
        const total = streamBound * 5;
        world.handle({
          exchange: (stream) => {
            stream.onMessage((message) => {
              received++;
              expect(message.seq).toBe(received);
              if (received === total) all.resolve();
            });
          },
        });
        const stream = world.calls.exchange({});
        stream.onClose(() => undefined);
        let sent = 0;
        let refusals = 0;
        const sendSome = () => {
          while (sent < total) {
            if (!stream.send(row(++sent))) {
              refusals++;
              return;
            }
          }
        };
        stream.onDrain(sendSome);
        sendSome();
        expect(sent).toBeLessThan(total);
        await all.promise;
        expect(refusals).toBeGreaterThanOrEqual(1);
        stream.cancel();
      });

      it('closes with OVERLOADED when the sender does not heed the bound', async () => {
        world.handle({ exchange: () => undefined });
        const stream = world.calls.exchange({});
        const seen = record(stream as never);
        for (let seq = 1; seq <= streamOverload + streamBound; seq++) stream.send(row(seq));
        expect(await seen.closed).toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.OVERLOADED });
      });

      it.each([
        ["the caller's deadline", (calls: EchoCalls) => calls.exchange({ timeoutMs: 500 }), StatusCode.DEADLINE_EXCEEDED],
        ["the caller's signal", (calls: EchoCalls) => calls.exchange({ signal: AbortSignal.timeout(500) }), StatusCode.CANCELLED],
      ])('ends by %s', async (_, start, code) => {
        const server = new Deferred<CallError | undefined>();
        world.handle({ exchange: (stream) => stream.onClose((error) => server.resolve(error)) });
        expect(await record(start(world.calls) as never).closed).toMatchObject({ code });
        expect(await server.promise).toBeInstanceOf(CallError);
      });

      it('ends when a handler of a message throws', async () => {
        world.handle({
          exchange: (stream) => {
            stream.onMessage(() => {
              throw new Error('a defect');
            });
          },
        });
        const stream = world.calls.exchange({});
        const seen = record(stream as never);
        stream.send(row(1));
        expect(await seen.closed).toMatchObject({ code: StatusCode.INTERNAL });
      });

      it('is immutable: what either side changes later, the other never sees', async () => {
        const kept = new Deferred<Row>();
        world.handle({ exchange: (stream: RowStream) => stream.onMessage((message) => kept.resolve(message)) });
        const stream = world.calls.exchange({});
        stream.onClose(() => undefined);
        const message = row(1);
        stream.send(message);
        change(() => (message.key = 'changed'));
        const received = await kept.promise;
        expect(received.key).toBe('DEMO');
        change(() => (received.stream = 'changed'));
        expect(message.stream).toBe('orders/00');
        stream.cancel();
      });
    });

    reconnectRows(() => world);
  });
}

/** In process both hold the same object, which is frozen: the attempt throws. Over gRPC each has its own, and the attempt changes only that. */
function change(attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
}
