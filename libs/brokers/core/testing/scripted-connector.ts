// A connector whose broker does what the test says, request by request. The conformance suite of connectors/port is for real ones; this one only obeys.
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

const fact = <T>(value: T) => ({ value, source: 'scripted', date: '2026-11-21' });

export type Sent = {
  readonly kind: 'submit' | 'replace' | 'cancel';
  readonly request: SubmitRequest | ReplaceRequest | CancelRequest;
  readonly outcome: Deferred<SubmitOutcome>;
};

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
  #listener: SessionListener | undefined;
  #cursor = 0;

  connect(listener: SessionListener, { signal }: ConnectOptions): void {
    this.#listener = listener;
    signal.addEventListener('abort', () => (this.#listener = undefined));
  }

  ready(): void {
    this.#listener?.onState('ready', 'logged in');
  }

  down(text: string): void {
    this.#listener?.onState('down', text);
  }

  confirm(cursor: string): void {
    this.confirmed.push(cursor);
  }

  submit(request: SubmitRequest): Promise<SubmitOutcome> {
    return this.#send('submit', request);
  }

  replace(request: ReplaceRequest): Promise<SubmitOutcome> {
    return this.#send('replace', request);
  }

  cancel(request: CancelRequest): Promise<SubmitOutcome> {
    return this.#send('cancel', request);
  }

  async lookUp(tag: string): Promise<LookUp> {
    return this.lookUps(tag);
  }

  async position(): Promise<BrokerPosition> {
    return this.positions();
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

  #send(kind: Sent['kind'], request: SubmitRequest | ReplaceRequest | CancelRequest): Promise<SubmitOutcome> {
    if (!request.beforeSocketWrite())
      return Promise.resolve({ kind: 'not-sent', reason: Reason.WRITE_AHEAD_STALE, text: 'the write-ahead was too old' });
    const outcome = new Deferred<SubmitOutcome>();
    this.sent.push({ kind, request, outcome });
    return outcome.promise;
  }
}
