// A connector whose broker does what the test says, request by request. It passes the cards about the way to a broker (connectors/port/testing/way-cards.ts);
// those about what brokers do are for real ones, since this one only obeys.
import {
  type BrokerCapabilities,
  type BrokerConnector,
  type BrokerPosition,
  type CancelRequest,
  type ConnectOptions,
  type Execution,
  type LookUp,
  type ReplaceRequest,
  type SessionListener,
  type SubmitOutcome,
  type SubmitRequest,
} from '@switchyard/connectors-port';
import { Liquidity, OrdType, Product, Reason, TimeInForce } from '@switchyard/contracts';
import { assert, Deferred } from '@switchyard/kernel';
import { type Timers } from '../ports.js';

const fact = <T>(value: T) => ({ value, source: 'scripted', date: '2026-11-21' });

export type Sent = {
  readonly kind: 'submit' | 'replace' | 'cancel';
  readonly request: SubmitRequest | ReplaceRequest | CancelRequest;
  readonly outcome: Deferred<SubmitOutcome>;
};

const away = 'the broker can not be reached';

/** What a request's deadline needs of time. */
export interface SentTime extends Timers {
  nowMs(): number;
}

export class ScriptedConnector implements BrokerConnector {
  readonly capabilities: BrokerCapabilities = {
    broker: 'scripted',
    ordTypes: fact([OrdType.MARKET, OrdType.LIMIT]),
    timeInForces: fact([TimeInForce.DAY]),
    notTogether: fact([]),
    displayQty: fact(false),
    postOnly: fact(false),
    marketProtection: fact(false),
    selfTradePreventions: fact([]),
    products: fact([Product.INTRADAY]),
    nativeReplace: fact(true),
    tag: fact({ maxLength: 20, charset: '[a-z2-7]', lookUp: 'by-tag' as const }),
    commandsPerSecondMax: fact(10_000),
    idempotency: fact('TAG_LOOKUP' as const),
    latenessMsMax: fact(0),
  };
  /** Requests whose bytes left, in order. */
  readonly sent: Sent[] = [];
  readonly confirmed: string[] = [];
  lookUps: (tag: string) => LookUp = () => ({ kind: 'unknown', text: 'the test says nothing' });
  positions: () => BrokerPosition = () => ({ kind: 'known', netQty: '0' });
  /** What the broker does with a request that has left. */
  onSent: (sent: Sent) => void = () => undefined;
  #listener: SessionListener | undefined;
  #isReady = false;
  #cursor = 0;
  /** Left, and without an answer. */
  readonly #underWay = new Set<Sent>();

  /** @param time by which deadlines pass; without it nobody is late, however busy the machine is. */
  constructor(private readonly time: SentTime = { nowMs: () => 0, after: () => () => undefined }) {}

  connect(listener: SessionListener, { signal }: ConnectOptions): void {
    this.#listener = listener;
    signal.addEventListener('abort', () => {
      this.#listener = undefined;
      this.#breaks('the session was ended');
    });
    if (this.#isReady) queueMicrotask(() => this.#isReady && this.ready());
  }

  /** The broker takes logins: the session is ready as soon as it is connected. */
  ready(): void {
    this.#isReady = true;
    this.#listener?.onState('ready', 'logged in');
  }

  /** It is logged in, and takes cancels only. */
  takesCancels(): void {
    this.#isReady = true;
    this.#listener?.onState('cancels', 'cancels only');
  }

  down(text: string): void {
    this.#breaks(text);
    this.#listener?.onState('down', text);
  }

  confirm(cursor: string): void {
    this.confirmed.push(cursor);
  }

  submit(request: SubmitRequest, deadlineMs: number): Promise<SubmitOutcome> {
    return this.#send('submit', request, deadlineMs);
  }

  replace(request: ReplaceRequest, deadlineMs: number): Promise<SubmitOutcome> {
    return this.#send('replace', request, deadlineMs);
  }

  cancel(request: CancelRequest, deadlineMs: number): Promise<SubmitOutcome> {
    return this.#send('cancel', request, deadlineMs);
  }

  async lookUp(tag: string): Promise<LookUp> {
    return this.#isReady ? this.lookUps(tag) : { kind: 'unknown', text: away };
  }

  async position(): Promise<BrokerPosition> {
    return this.#isReady ? this.positions() : { kind: 'unknown', text: away };
  }

  /** The request of this tag, whose bytes must have left. */
  sentOf(tag: string): Sent {
    const sent = this.sent.find(({ request }) => request.tag === tag);
    assert(sent !== undefined, `the request ${tag} was sent`);
    return sent;
  }

  /** The broker says something; a repetition gives the same cursor and id again. */
  say(
    execution: Omit<Execution, 'executionId' | 'cursor' | 'brokerAccountId' | 'instrumentId' | 'cumQty' | 'atMs' | 'traceparent'> &
      Partial<Execution>,
  ): Execution {
    const cursor = execution.cursor ?? String(++this.#cursor);
    const base = {
      executionId: `execution ${cursor}`,
      cursor,
      brokerAccountId: 'PAPER-1',
      instrumentId: 'I000001',
      cumQty: undefined,
      atMs: 5,
      traceparent: '',
    };
    const ofTrade = execution.kind === 'trade' ? { liquidity: Liquidity.UNSPECIFIED, fees: [] } : {};
    const whole = { ...base, ...ofTrade, ...execution } as Execution;
    this.#listener?.onExecution(whole);
    return whole;
  }

  async #send(kind: Sent['kind'], request: Sent['request'], deadlineMs: number): Promise<SubmitOutcome> {
    await Promise.resolve(); // Nobody is asked inside of his own call.
    if (!this.#isReady || this.#listener === undefined) return { kind: 'not-sent', reason: Reason.SESSION_DOWN, text: away };
    if (!request.beforeSocketWrite()) return { kind: 'not-sent', reason: Reason.WRITE_AHEAD_STALE, text: 'the write-ahead was too old' };
    const sent = { kind, request, outcome: new Deferred<SubmitOutcome>() };
    this.sent.push(sent);
    this.#underWay.add(sent);
    const late = (): void => sent.outcome.resolve({ kind: 'in-doubt', text: 'no answer in time' });
    const inTime = this.time.after(Math.max(0, deadlineMs - this.time.nowMs()), late);
    this.onSent(sent);
    try {
      return await sent.outcome.promise;
    } finally {
      inTime();
      this.#underWay.delete(sent);
    }
  }

  /** What is under way has no answer any more, and nothing leaves. */
  #breaks(text: string): void {
    this.#isReady = false;
    for (const { outcome } of this.#underWay) outcome.resolve({ kind: 'in-doubt', text });
  }
}
