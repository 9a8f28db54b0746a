// What the load and the halts need of the running platform: prices, and the kill switch.
import { accounts, type Cluster, instruments } from './cluster.js';
import { type HaltEvidence } from './evidence.js';
import { scaled, shown } from './judge/decimal.js';
import { type Random } from './random.js';
import { sleep } from './time.js';
import { type Message } from './wire.js';

/** Whole rupees: a multiple of every instrument's tick. */
const tick = 1_000_000_000n;
const onTick = (price: bigint): string => shown((price / tick) * tick);

export class Market {
  readonly halts: HaltEvidence[] = [];
  readonly #marks = new Map<string, { readonly bid: bigint; readonly ask: bigint }>();
  readonly #ids = new Map<string, string>();
  #isOver = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly random: Random,
  ) {}

  /** Follows the venue's book until `stop`; the last known market stays when the venue is away. */
  async follow(): Promise<void> {
    while (!this.#isOver) {
      for (const instrument of instruments) await this.#look(instrument).catch(() => undefined);
      await sleep(1500);
    }
  }

  /** Engages and releases the kill switch now and then, for one account or for all. */
  async halt(everyMs: number): Promise<void> {
    while (!this.#isOver) {
      await sleep(everyMs);
      if (this.#isOver) return;
      await this.haltOnce(this.random.below(4) === 0 ? '' : this.random.pick(accounts).accountId, 700).catch(() => undefined);
    }
  }

  /** One halt of a duration, kept as evidence if it came into force everywhere. */
  async haltOnce(accountId: string, durationMs: number): Promise<HaltEvidence | undefined> {
    const scope = accountId === '' ? 'HALT_SCOPE_ALL' : 'HALT_SCOPE_ACCOUNT';
    const risk = (method: string, request: Message): Promise<Message> =>
      this.cluster.call('risk.v1.RiskService', method, 'risk-engine', request, 4000);
    let haltId = '';
    let engagedAtMs = 0;
    try {
      const answer = await risk('halt', { scope, key: accountId, text: 'chaos' });
      haltId = ((answer['halt'] ?? {}) as Message)['haltId'] as string;
      if (answer['state'] === 'HALT_STATE_ENGAGED') engagedAtMs = Date.now();
      await sleep(durationMs);
    } finally {
      const releasedAtMs = Date.now();
      await this.#release(haltId, risk);
      if (engagedAtMs > 0) this.halts.push({ accountId, engagedAtMs, releasedAtMs });
    }
    return this.halts.at(-1);
  }

  /** Every instrument has had a price. */
  get isKnown(): boolean {
    return instruments.every((instrument) => this.#marks.has(instrument));
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Releases every halt, whatever it takes: a call that seemed to fail may have engaged one. */
  async #release(haltId: string, risk: (method: string, request: Message) => Promise<Message>): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      try {
        const { halts } = (await risk('listHalts', {})) as { halts?: readonly Message[] };
        if ((halts ?? []).length === 0) return;
        for (const halt of halts ?? []) await risk('release', { haltId: halt['haltId'], text: 'chaos' });
      } catch {
        await sleep(200);
      }
    }
    throw new Error(`halt ${haltId} could not be released`);
  }

  async #look(instrument: string): Promise<void> {
    const id = this.#ids.get(instrument) ?? (await this.#idOf(instrument));
    const depth = await this.cluster.call(
      'matching.v1.MatchingService',
      'getDepth',
      'matching-engine',
      { instrumentId: id, levels: 1 },
      1000,
    );
    const bid = (depth['bids'] as readonly Message[])[0]?.['price'];
    const ask = (depth['asks'] as readonly Message[])[0]?.['price'];
    if (bid !== undefined && ask !== undefined) this.#marks.set(instrument, { bid: scaled(bid), ask: scaled(ask) });
  }

  async #idOf(instrument: string): Promise<string> {
    // The price is far outside the collar: the order is denied, and its answer tells the instrument's id.
    const content = {
      instrument,
      side: 'SIDE_BUY',
      ordType: 'ORD_TYPE_LIMIT',
      timeInForce: 'TIME_IN_FORCE_DAY',
      product: 'PRODUCT_INTRADAY',
      orderQty: '1',
      price: '1',
    };
    const [account] = accounts;
    const clOrdId = `market-${instrument}`;
    const { order } = (await this.cluster.call('orders.v1.OrderService', 'placeOrder', 'order-gateway-1', {
      accountId: account?.accountId,
      clOrdId,
      content,
    })) as { order: Message };
    const id = ((order['content'] ?? {}) as Message)['instrument'] as string;
    this.#ids.set(instrument, id);
    return id;
  }

  /** A price that trades at once, or one that rests a few percent away. */
  priceOf(instrument: string, isBuy: boolean, trades: boolean): string | undefined {
    const mark = this.#marks.get(instrument);
    if (mark === undefined) return undefined;
    const percent = BigInt(this.random.between(1, 4));
    if (trades) return onTick(isBuy ? (mark.ask * 101n) / 100n : (mark.bid * 99n) / 100n);
    return onTick(isBuy ? (mark.bid * (100n - percent)) / 100n : (mark.ask * (100n + percent)) / 100n);
  }
}
