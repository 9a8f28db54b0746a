// What a connector is tried on: its broker, or an emulator of it, and the wire between the two.
import { OrdType, Product, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import {
  type BrokerConnector,
  type CancelRequest,
  type ConnectorState,
  type Execution,
  type ReplaceRequest,
  type SubmitRequest,
} from '../index.js';

export interface ConformanceBench {
  /** A new connector of the bench's one session, not connected yet. Several may follow one another, as processes do. */
  connector(): BrokerConnector;
  readonly brokerAccountId: string;
  /** An instrument that trades around 100 by a tick of at most 0.5 and a lot of 1. */
  readonly instrumentId: string;
  /** What others offer now, instead of what they offered: "price x qty" words, best first, for example "101x10 102x5". */
  market(bids: string, asks: string): Promise<void>;
  readonly wire: BenchWire;
  close(): Promise<void>;
}

export interface BenchWire {
  /** Connections break, and nobody answers until `bringUp`. The broker keeps what it has. */
  takeDown(): Promise<void>;
  bringUp(): Promise<void>;
  /** Connections break, and new ones succeed. */
  cut(): void;
  /** The broker gets requests, but its answers are lost, until `mend`. */
  loseAnswers(): void;
  /** Requests leave but are lost on the way, until `mend`. */
  loseRequests(): void;
  /** The order of the broker's next two messages is swapped. */
  swapNextAnswers(): void;
  mend(): void;
}

/** A connected session and all it heard. */
export class Session {
  readonly executions: Execution[] = [];
  readonly states: ConnectorState[] = [];
  readonly #bench: ConformanceBench;
  readonly #abort = new AbortController();
  readonly #watchers = new Set<() => void>();

  constructor(
    bench: ConformanceBench,
    readonly connector: BrokerConnector,
    fromCursor: string,
  ) {
    this.#bench = bench;
    connector.connect(
      {
        onState: (state) => {
          this.states.push(state);
          this.#wake();
        },
        onExecution: (execution) => {
          this.executions.push(execution);
          this.#wake();
        },
      },
      { fromCursor, signal: this.#abort.signal },
    );
  }

  get state(): ConnectorState {
    return this.states.at(-1) ?? 'down';
  }

  /** What was heard about an order, in words such as "new" and "trade 4@101". */
  heardOf(orderTag: string): string[] {
    return this.executions.filter((execution) => execution.orderTag === orderTag).map(words);
  }

  /** Waits until the condition holds. Fails after five seconds, with what was heard. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = (): void => {
        if (condition()) finish(resolve);
      };
      const timer = setTimeout(() => {
        const heard = this.executions.map((execution) => `${execution.orderTag}: ${words(execution)}`).join('\n');
        finish(() => reject(new Error(`${what} did not come to be; the session is ${this.state} and heard:\n${heard}`)));
      }, 5_000);
      this.#watchers.add(watch);
    });
  }

  ready(): Promise<void> {
    return this.until(() => this.state === 'ready', 'ready');
  }

  order(tag: string, content: Partial<OrderContent> = {}, beforeSocketWrite = (): boolean => true): SubmitRequest {
    const { brokerAccountId, instrumentId } = this.#bench;
    return { tag, brokerAccountId, instrumentId, traceparent: '', beforeSocketWrite, content: contentOf(instrumentId, content) };
  }

  cancelOf(tag: string, target: { tag: string; brokerOrderId: string }): CancelRequest {
    const { brokerAccountId, instrumentId } = this.#bench;
    return {
      tag,
      brokerAccountId,
      instrumentId,
      traceparent: '',
      beforeSocketWrite: () => true,
      targetTag: target.tag,
      brokerOrderId: target.brokerOrderId,
    };
  }

  replaceOf(tag: string, target: { tag: string; brokerOrderId: string }, content: Partial<OrderContent>): ReplaceRequest {
    return { ...this.cancelOf(tag, target), content: contentOf(this.#bench.instrumentId, content) };
  }

  /** Places an order that must be accepted. */
  async placed(tag: string, content: Partial<OrderContent>): Promise<{ tag: string; brokerOrderId: string }> {
    const outcome = await this.connector.submit(this.order(tag, content), soon());
    if (outcome.kind !== 'accepted') throw new Error(`${tag} was not accepted: ${JSON.stringify(outcome)}`);
    return { tag, brokerOrderId: outcome.brokerOrderId };
  }

  end(): void {
    this.#abort.abort();
  }

  #wake(): void {
    for (const watch of [...this.#watchers]) watch();
  }
}

/** A deadline that no answer misses. */
export function soon(): number {
  return Date.now() + 5_000;
}

/** A deadline that a lost answer misses. */
export function shortly(): number {
  return Date.now() + 150;
}

function contentOf(instrument: string, content: Partial<OrderContent>): OrderContent {
  return {
    instrument,
    side: Side.BUY,
    ordType: content.price === undefined ? OrdType.MARKET : OrdType.LIMIT,
    timeInForce: TimeInForce.DAY,
    product: Product.DELIVERY,
    orderQty: '10',
    strategyId: '',
    algoId: '',
    sendBeforeMs: 0,
    selfTradePrevention: SelfTradePrevention.UNSPECIFIED,
    postOnly: false,
    expireAtMs: 0,
    ...content,
  };
}

function words(execution: Execution): string {
  switch (execution.kind) {
    case 'trade':
      return `trade ${execution.lastQty}@${execution.lastPx}`;
    case 'replaced':
      return `replaced ${execution.orderQty}@${execution.price}`;
    case 'restated':
      return `restated ${execution.orderQty}@${execution.price}`;
    default:
      return execution.kind;
  }
}

/** Time for what is under way to happen. */
export async function pause(durationMs = 20): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, durationMs));
}

/** Opens a session of the bench from a cursor, and waits until it is ready. */
export type Login = (fromCursor?: string) => Promise<Session>;
