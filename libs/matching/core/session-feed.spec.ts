import { describe, expect, it } from '@jest/globals';
import { Reason, StatusCode, type CallError, type MessageStream } from '@switchyard/contracts';
import { Execution, type TradeRequest, type TradeResponse } from '@switchyard/contracts/gen/matching/v1/service';
import { SessionFeed } from './session-feed.js';
import { type LoggedEvent } from './venue-log.js';

/** A stream that a test fills and drains. */
class Stream implements MessageStream<TradeRequest, TradeResponse> {
  readonly sent: number[] = [];
  isFull = false;
  canceledWith: CallError | undefined;
  drain: () => void = () => undefined;

  send({ executions }: TradeResponse): boolean {
    this.sent.push(...executions.map(({ seq }) => seq));
    return !this.isFull;
  }

  onDrain(handler: () => void): void {
    this.drain = handler;
  }

  cancel(error?: CallError): void {
    this.canceledWith = error;
  }

  onMessage(): void {}
  onEnd(): void {}
  onClose(): void {}
  end(): void {}
}

function messageOf(executions: Execution[]): TradeResponse {
  return { executions, loggedOn: false, loggedOnLastSeq: 0, cancelsOnly: false };
}

function execution(seq: number): Execution {
  return Execution.fromPartial({ seq });
}

/** A log in which every event holds one execution of the session, read in one page. */
function logOf(count: () => number): (from: number) => AsyncIterable<readonly LoggedEvent[]> {
  return async function* read(from) {
    await turn();
    const page: LoggedEvent[] = [];
    for (let seq = from; seq <= count(); seq++) {
      page.push({
        seq,
        event: { atMs: 0, sessionId: '', command: undefined, eventSeq: seq, executions: [{ sessionId: 's1', execution: execution(seq) }] },
      });
    }
    yield page;
  };
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('what a session’s stream is told', () => {
  it('what the log gave already is not told again when its commit is heard of', async () => {
    const stream = new Stream();
    // The commit of 3 and 4 is in the log before this process hears of it.
    const feed = new SessionFeed({ stream, messageOf, sessionId: 's1', fromSeq: 1, lastSeq: 2, read: logOf(() => 4) });
    feed.start();
    feed.add([execution(3)]);
    await turn();
    await turn();
    feed.add([execution(4), execution(5)]);
    expect(stream.sent).toEqual([1, 2, 3, 4, 5]);
  });

  it('a full stream is sent nothing until it drains, and then all that was missed', async () => {
    const stream = new Stream();
    let durable = 0;
    const feed = new SessionFeed({ stream, messageOf, sessionId: 's1', fromSeq: 1, lastSeq: 0, read: logOf(() => durable) });
    feed.start();
    await turn();
    const commit = (): void => feed.add([execution(++durable)]);
    stream.isFull = true;
    commit();
    commit();
    commit();
    await turn();
    expect(stream.sent).toEqual([1]);
    stream.isFull = false;
    stream.drain();
    await turn();
    await turn();
    commit();
    await turn();
    expect(stream.sent).toEqual([1, 2, 3, 4]);
  });

  it('a log that can’t be read ends the stream, and says why', async () => {
    const stream = new Stream();
    const read = (): AsyncIterable<readonly LoggedEvent[]> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('record 7 is damaged')) }),
    });
    const told: unknown[] = [];
    const onUnreadable = (...words: unknown[]): void => void told.push(...words);
    new SessionFeed({ stream, messageOf, sessionId: 's1', fromSeq: 1, lastSeq: 1, read, onUnreadable }).start();
    await turn();
    await turn();
    expect(stream.canceledWith).toMatchObject({ code: StatusCode.INTERNAL, reason: Reason.INTERNAL });
    expect(stream.canceledWith?.message).toBe("the venue's log can't be read for execution 1 of the session s1: record 7 is damaged");
    expect(told).toEqual([new Error('record 7 is damaged'), 1]);
  });

  it('a stream that is over is told nothing more', async () => {
    const stream = new Stream();
    const feed = new SessionFeed({ stream, messageOf, sessionId: 's1', fromSeq: 1, lastSeq: 0, read: logOf(() => 0) });
    feed.start();
    await turn();
    feed.closed();
    feed.add([execution(1)]);
    expect(stream.sent).toEqual([]);
  });
});
