// The load: clients that place, cancel and replace, repeat a call with the same id until it is answered, and write down what they asked and heard.
import { appendFileSync } from 'node:fs';
import { type Random } from './random.js';
import { connect, type Message, type Unary } from './wire.js';

/** A line of the load's log. `answer` is absent where nothing but errors came. */
export interface LoadRecord {
  readonly accountId: string;
  readonly clOrdId: string;
  readonly kind: 'place' | 'cancel' | 'replace';
  readonly request: Message;
  readonly askedAtMs: number;
  answeredAtMs?: number;
  answer?: Message;
  /** Reason of a definite refusal by error; nothing may be stored for it. */
  refused?: string;
  tries: number;
}

export interface LoadOptions {
  readonly addresses: readonly string[];
  readonly token: string;
  readonly accounts: readonly string[];
  readonly instruments: readonly string[];
  readonly ordersMax: number;
  readonly clients: number;
  readonly random: Random;
  readonly logFile: string;
  /** Between two orders of a client, milliseconds, drawn from 0 to this. */
  readonly pauseMsMax: number;
}

/** gRPC codes after which nobody knows: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const again = new Set([1, 2, 4, 8, 10, 13, 14]);

export class Load {
  readonly records: LoadRecord[] = [];
  readonly #clients;
  #placed = 0;
  #stopping = false;

  constructor(private readonly options: LoadOptions) {
    this.#clients = options.addresses.map((address) => connect('orders.v1.OrderService', address, options.token));
  }

  get placed(): number {
    return this.#placed;
  }

  /** Runs until enough orders were placed or `stop`; every call has an answer then, or has had its 120 s. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.options.clients }, (_, client) => this.#client(client)));
    appendFileSync(this.options.logFile, this.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  stop(): void {
    this.#stopping = true;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #client(client: number): Promise<void> {
    const { random, accounts, instruments, ordersMax, pauseMsMax } = this.options;
    while (!this.#stopping && this.#placed < ordersMax) {
      const order = ++this.#placed;
      const accountId = random.pick(accounts);
      const clOrdId = `C${client}-${order}`;
      const isMarket = random.below(3) === 0;
      const content: Record<string, unknown> = {
        instrument: random.pick(instruments),
        side: random.below(2) === 0 ? 'SIDE_BUY' : 'SIDE_SELL',
        ordType: isMarket ? 'ORD_TYPE_MARKET' : 'ORD_TYPE_LIMIT',
        timeInForce: 'TIME_IN_FORCE_DAY',
        product: 'PRODUCT_INTRADAY',
        orderQty: String(1 + random.below(20)),
      };
      if (!isMarket) content['price'] = this.#restingPrice(content['side'] === 'SIDE_BUY');
      const placed = await this.#ask('place', accountId, clOrdId, { accountId, clOrdId, content }, 'placeOrder');
      const orderId = (placed?.['order'] as Message | undefined)?.['orderId'] as string | undefined;
      if (orderId !== undefined && !isMarket) await this.#follow(accountId, clOrdId, orderId, content);
      if (pauseMsMax > 0) await new Promise((resolve) => setTimeout(resolve, random.below(pauseMsMax)));
    }
  }

  /** Prices of a limit order come from the runner: near the market, so that some trade. */
  restingPriceOf: (isBuy: boolean) => string = () => '1500';

  #restingPrice(isBuy: boolean): string {
    return this.restingPriceOf(isBuy);
  }

  async #follow(accountId: string, clOrdId: string, orderId: string, content: Record<string, unknown>): Promise<void> {
    const { random } = this.options;
    const next = random.below(4);
    if (next === 0) await this.#ask('replace', accountId, `${clOrdId}r`, { accountId, clOrdId: `${clOrdId}r`, orderId, orderQty: String(1 + random.below(30)), price: content['price'] }, 'replaceOrder');
    if (next <= 2) await this.#ask('cancel', accountId, `${clOrdId}c`, { accountId, clOrdId: `${clOrdId}c`, orderId }, 'cancelOrder');
  }

  async #ask(kind: LoadRecord['kind'], accountId: string, clOrdId: string, request: Message, method: string): Promise<Message | undefined> {
    const record: LoadRecord = { accountId, clOrdId, kind, request, askedAtMs: Date.now(), tries: 0 };
    this.records.push(record);
    while (Date.now() - record.askedAtMs < 120_000) {
      const call: Unary | undefined = this.#clients[record.tries++ % this.#clients.length]?.call(method);
      try {
        record.answer = await call?.(request, 4000);
        record.answeredAtMs = Date.now();
        return record.answer;
      } catch (error) {
        const { code = 2, details = '' } = error as { code?: number; details?: string };
        if (!again.has(code)) {
          record.refused = details;
          return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return undefined;
  }
}
