// The load: clients that place, cancel and replace, repeat a call with the same id until it is answered, and write down what they asked and heard.
import { writeFileSync } from 'node:fs';
import { drawContent, drawNewPrices, type PriceOf } from './order-content.js';
import { Random } from './random.js';
import { sleep } from './time.js';
import { connect, type Message, reasonOf } from './wire.js';

/** A refusal that says that nothing is stored. */
export interface Refusal {
  readonly reason: string;
  /** When the try that it answers was sent. */
  readonly askedAtMs: number;
}

/** A line of the load's log. `answer` is absent where nothing but errors came. */
export interface LoadRecord {
  readonly accountId: string;
  readonly clOrdId: string;
  readonly kind: 'place' | 'cancel' | 'replace' | 'cancelAll';
  readonly request: Message;
  readonly askedAtMs: number;
  answeredAtMs?: number;
  answer?: Message;
  /** The last word was a definite refusal; nothing may be stored for it. */
  refused?: string;
  readonly refusals: Refusal[];
  tries: number;
}

export interface LoadOptions {
  readonly addresses: readonly string[];
  readonly token: string;
  readonly accounts: readonly string[];
  readonly instruments: readonly string[];
  readonly clients: number;
  readonly seed: number;
  readonly logFile: string;
  /** Between two orders of a client, milliseconds, drawn from 0 to this. */
  readonly pauseMsMax: number;
  readonly priceOf: PriceOf;
}

/** gRPC codes after which nobody knows: CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE. INTERNAL is a defect. */
const again = new Set([1, 2, 4, 8, 10, 14]);
const internal = 13;
/** Reasons which promise that nothing was stored. */
const notStored = new Set(['RISK_UNAVAILABLE', 'NO_CREDIT', 'NO_ROUTE', 'INSTRUMENT_UNKNOWN', 'ACCOUNT_UNKNOWN']);
/** How long a call is repeated once the load was stopped: while there are faults it is repeated without end. */
const giveUpMs = 60_000;

/** Orders of each account that the limit must refuse for the load to be one that was close to it. */
const limitedEach = 2;
/** Replaces that must have been accepted: most of them reach the venue. */
const replacedMin = 10;

export class Load {
  readonly records: LoadRecord[] = [];
  readonly #clients;
  /** Orders of each account that the limit of open value refused. */
  readonly #limited = new Map<string, number>();
  #placed = 0;
  #replaced = 0;
  #stopping = false;
  /** 0 before the first run. */
  #stoppedAtMs = 0;

  constructor(private readonly options: LoadOptions) {
    this.#clients = options.addresses.map((address) => connect('orders.v1.OrderService', address, options.token));
  }

  /** Orders that were asked for: of each there is a record. */
  get placed(): number {
    return this.#placed;
  }

  get answered(): number {
    return this.records.filter((record) => record.answer !== undefined).length;
  }

  /** Runs until `stop`; every call has an answer then, or has been repeated for a minute after that. */
  async run(): Promise<void> {
    this.#stopping = false;
    this.#stoppedAtMs = Infinity;
    await Promise.all(Array.from({ length: this.options.clients }, (_, client) => this.#client(client)));
  }

  /** Resolves when so many orders were placed. */
  async whenPlaced(orders: number): Promise<void> {
    while (this.#placed < orders && !this.#stopping) await sleep(100);
  }

  /** Resolves when the limit of open value has refused some orders of every account and enough replaces were accepted, or after so long. */
  async whenMet(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    const isLimited = (): boolean => this.options.accounts.every((account) => (this.#limited.get(account) ?? 0) >= limitedEach);
    while (!(isLimited() && this.#replaced >= replacedMin) && Date.now() < deadline && !this.#stopping) await sleep(100);
  }

  stop(): void {
    this.#stopping = true;
    this.#stoppedAtMs = Date.now();
  }

  /** Ends the connections, and writes down what was asked and heard. */
  close(): void {
    writeFileSync(this.options.logFile, this.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    for (const client of this.#clients) client.close();
  }

  #rounds = 0;

  async #client(client: number): Promise<void> {
    const { accounts, instruments, pauseMsMax, priceOf, seed } = this.options;
    const random = new Random(seed * 1000 + client + 100 * this.#rounds++);
    while (!this.#stopping) {
      const accountId = random.pick(accounts);
      const content = drawContent(random, random.pick(instruments), priceOf, Date.now());
      if (content === undefined) {
        await sleep(100);
        continue;
      }
      const order = ++this.#placed;
      await this.#order(accountId, `C${client}-${order}`, content, random);
      if (pauseMsMax > 0) await sleep(random.below(pauseMsMax));
    }
  }

  async #order(accountId: string, clOrdId: string, content: Message, random: Random): Promise<void> {
    const placed = await this.ask('place', accountId, clOrdId, { accountId, clOrdId, content }, 'placeOrder');
    const order = placed?.['order'] as Message | undefined;
    if (order === undefined) return;
    if (order['reason'] === 'REASON_OPEN_VALUE_EXCEEDS_MAXIMUM') {
      this.#limited.set(accountId, (this.#limited.get(accountId) ?? 0) + 1);
      // The limit is full of resting orders: make room.
      if (random.below(4) === 0) await this.ask('cancelAll', accountId, `${clOrdId}a`, { accountId, clOrdId: `${clOrdId}a` }, 'cancelAll');
      else await sleep(50);
      return;
    }
    if (order['ordStatus'] === 'ORD_STATUS_DENIED') return;
    const orderId = order['orderId'] as string;
    if (random.below(2) === 0) await sleep(random.below(60));
    if (random.below(2) === 0) {
      // The venue must have confirmed the order, or the replace is denied.
      await sleep(random.below(200));
      const request = {
        accountId,
        clOrdId: `${clOrdId}r`,
        orderId,
        orderQty: String(random.between(1, 30)),
        ...drawNewPrices(random, content, this.options.priceOf),
      };
      const replaced = await this.ask('replace', accountId, `${clOrdId}r`, request, 'replaceOrder');
      if (replaced?.['reason'] === 'REASON_UNSPECIFIED') this.#replaced++;
    }
    // What expires by itself is left to do so.
    if (content['expireAtMs'] === undefined && random.below(4) > 0)
      await this.ask('cancel', accountId, `${clOrdId}c`, { accountId, clOrdId: `${clOrdId}c`, orderId }, 'cancelOrder');
  }

  /** One request, repeated with its id until it is answered; each try goes to the next gateway. */
  async ask(kind: LoadRecord['kind'], accountId: string, clOrdId: string, request: Message, method: string): Promise<Message | undefined> {
    const record: LoadRecord = { accountId, clOrdId, kind, request, askedAtMs: Date.now(), refusals: [], tries: 0 };
    this.records.push(record);
    while (Date.now() - Math.max(record.askedAtMs, this.#stoppedAtMs) < giveUpMs) {
      const client = this.#clients[(record.tries++ + record.askedAtMs) % this.#clients.length];
      const askedAtMs = Date.now();
      try {
        record.answer = await client?.call(method)(request, 3000);
        record.answeredAtMs = Date.now();
        return record.answer;
      } catch (error) {
        const { code = 2, details = '' } = error as { code?: number; details?: string };
        const reason = reasonOf(error);
        if (notStored.has(reason)) record.refusals.push({ reason, askedAtMs });
        // Without a reason it is not the platform's: grpc-js says INTERNAL too of a connection that went away under the call.
        const isNoAnswer = code === internal && reason === '';
        if (!again.has(code) && !isNoAnswer) {
          record.refused = `${reason}: ${details}`;
          if (!notStored.has(reason)) record.refusals.push({ reason, askedAtMs });
          return undefined;
        }
        await sleep(30 + 20 * Math.min(record.tries, 10));
      }
    }
    return undefined;
  }
}
