// The streams to broker-connectors hold to what every dispatcher does; the holders at their other ends do as the test wants.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Calls } from '@switchyard/contracts';
import {
  type ConnectorMessage,
  type DispatchRequest,
  type DispatchResponse,
  Session,
  SessionState,
} from '@switchyard/contracts/gen/brokers/v1/service';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { CreditBook } from '@switchyard/orders-core';
import { demoShard, dispatcherFacts, type DispatcherUnderTest } from '@switchyard/orders-core/testing';
import { genesisHash } from '@switchyard/kernel';
import { eventually, turns } from '@switchyard/testkit';
import pino from 'pino';
import { DispatchLink } from './dispatch-link.js';
import { SessionWatch } from './session-watch.js';

const sessionIds = ['paper-1', 'paper-2'];
const addressOf = (sessionId: string): string => `${sessionId}:1`;

/** The process that holds one session: it has no reports. */
class Holder {
  readonly came: string[] = [];
  readonly acked: number[] = [];
  /** While false, who attaches has no answer. */
  answers = true;
  /** Attaches that wait for an answer. */
  waiting = 0;
  #stream = new ScriptedStream<DispatchResponse, DispatchRequest>();

  constructor(readonly sessionId: string) {}

  /** The link opens a new one after each that broke. */
  stream(): ScriptedStream<DispatchResponse, DispatchRequest> {
    this.#stream = new ScriptedStream(({ messages }) => {
      for (const { message } of messages) {
        if (message?.$case === 'attach') this.attach();
        else if (message?.$case === 'command') this.came.push(message.value.brokerRequestId);
        else if (message?.$case === 'ack') this.acked.push(message.value.seq);
      }
    });
    return this.#stream;
  }

  attach(): void {
    this.waiting++;
    if (this.answers) this.answer();
  }

  answer(): void {
    this.waiting = 0;
    this.#say({ $case: 'attached', value: { lastSeq: 0 } });
  }

  grant(credits: number, sessionId: string): void {
    this.#say({ $case: 'credit', value: { credits, retryAfterMs: 0 } }, sessionId);
  }

  break(): void {
    this.#stream.break();
  }

  #say(message: ConnectorMessage['message'], sessionId = this.sessionId): void {
    this.#stream.say({ messages: [{ sessionId, shard: demoShard, message }] });
  }
}

class LinkUnderTest implements DispatcherUnderTest {
  readonly dispatcher: DispatchLink;
  readonly #credits = new CreditBook();
  readonly #watched = new ScriptedStream<{ sessions: Session[] }, never>();
  readonly #holders = new Map(sessionIds.map((sessionId) => [sessionId, new Holder(sessionId)]));
  readonly #watch: SessionWatch;
  #redispatch: (sessionId: string) => void = () => undefined;
  /** How often each session was attached so far. */
  readonly #attaches = new Map<string, number>();

  constructor() {
    const calls = {
      any: () => ({ watchSessions: () => this.#watched }),
      at: (_: unknown, address: string) => ({
        dispatch: () => sessionIds.filter((id) => addressOf(id) === address).map((id) => this.#holder(id).stream())[0],
      }),
    } as unknown as Calls;
    const log = pino({ level: 'silent' });
    this.#watch = new SessionWatch(calls, log, () => undefined);
    this.#watch.start();
    for (const sessionId of sessionIds) this.#tellHolder(sessionId, sessionId);
    const shards = {
      owned: () => [demoShard],
      holderId: () => 'me',
      sessionIds: () => sessionIds,
      cursorOf: (_: number, sessionId: string) => ({ sessionId, seq: 0, hash: genesisHash }),
      takeReports: () => undefined,
      redispatch: (_: number, sessionId: string) => {
        this.#attaches.set(sessionId, (this.#attaches.get(sessionId) ?? 0) + 1);
        this.#redispatch(sessionId);
      },
    };
    this.dispatcher = new DispatchLink(calls, this.#watch, this.#credits, shards, log);
    this.dispatcher.start();
  }

  async started(): Promise<void> {
    await eventually(() => this.#attaches.size === sessionIds.length, { what: 'both sessions to be attached' });
  }

  stop(): void {
    this.dispatcher.stop();
    this.#watch.stop();
  }

  async came(sessionId: string): Promise<readonly string[]> {
    await turns(5);
    return this.#holder(sessionId).came;
  }

  async acked(sessionId: string): Promise<readonly number[]> {
    this.dispatcher.reconcile();
    await turns(5);
    return this.#holder(sessionId).acked;
  }

  async detach(sessionId: string): Promise<void> {
    await turns(5);
    const holder = this.#holder(sessionId);
    holder.answers = false;
    holder.break();
  }

  /** The link attaches by itself, where the holder answers. */
  async attach(sessionId: string): Promise<void> {
    const holder = this.#holder(sessionId);
    const before = this.#attaches.get(sessionId) ?? 0;
    holder.answers = true;
    if (holder.waiting > 0) holder.answer();
    await eventually(() => (this.#attaches.get(sessionId) ?? 0) > before, { what: 'the session to be attached again' });
  }

  /** Another process holds the session from now on: the one that holds `to`. */
  move(sessionId: string, to: string): void {
    this.#tellHolder(sessionId, to);
    this.dispatcher.reconcile();
  }

  /** The process that holds or held `of` says what the session grants. @returns what new orders may be under way after it. */
  granted(of: string, sessionId: string, credits: number): number {
    this.#holder(of).grant(credits, sessionId);
    return this.#credits.granted(sessionId);
  }

  onRedispatch(redispatch: (sessionId: string) => void): void {
    this.#redispatch = redispatch;
  }

  #tellHolder(sessionId: string, of: string): void {
    const session = { sessionId, broker: 'paper', state: SessionState.READY, address: addressOf(of) };
    this.#watched.say({ sessions: [Session.fromPartial(session)] });
  }

  #holder(sessionId: string): Holder {
    return this.#holders.get(sessionId) as Holder;
  }
}

describe('the streams to broker-connectors', () => {
  let under: LinkUnderTest;
  beforeEach(async () => {
    under = new LinkUnderTest();
    await under.started();
  });
  afterEach(() => under.stop());

  it.each(dispatcherFacts)('$fact', ({ holds }) => holds(under));

  it('the credits of a session are what its holder grants, and not what a former one says late', () => {
    expect(under.granted('paper-1', 'paper-1', 200)).toBe(200);
    under.move('paper-1', 'paper-2');
    expect(under.granted('paper-2', 'paper-1', 100)).toBe(100);
    expect(under.granted('paper-1', 'paper-1', 0)).toBe(100);
  });
});
