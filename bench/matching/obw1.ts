/** The workload OBW1: a feed of orders, cancels and replaces around a price that walks. Integers only, so that any language makes the same from the same draws. */
import {
  BookSide,
  CommandWriter,
  InForce,
  OrderType,
  readReport,
  ReferenceEngine,
  ReportKind,
  reportWords,
  Phase,
  SelfTrade,
} from '@switchyard/matching-core/engine';
import { mixTrade, tradesHashStart } from './trades-hash.js';

export interface WorkloadSettings {
  readonly name: string;
  /** Books 0 to this, chosen with weights 1/1, 1/2, 1/3 … (Zipf). */
  readonly symbols: number;
  /** Resting orders, over all symbols; each has at least `targetMin` of them. */
  readonly target: number;
  readonly targetMin: number;
  /** Commands after the prefill. */
  readonly commands: number;
  /** Walks by one tick with probability 1/2 and no clamp but at 1, instead of 1/64 between 9,000 and 11,000. */
  readonly drifts: boolean;
  readonly seed?: number;
}

export interface Workload {
  readonly name: string;
  /** Commands of the engine: listing and opening of the books, the prefill, then the measured ones. */
  readonly words: Int32Array;
  /** Word at which the measured commands begin. */
  readonly measuredFrom: number;
  readonly commands: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly trades: number;
  /** Trades in all, those of the prefill included. */
  readonly tradesInAll: number;
  /** Lots traded in the measured part. */
  readonly tradedLots: number;
  /** FNV-1a style over (maker, taker, price, quantity) of each measured trade, as matching-workload.md defines it. */
  readonly tradesHash: number;
}

export const f1: WorkloadSettings = { name: 'F1', symbols: 1, target: 1_000, targetMin: 1, commands: 3_000_000, drifts: false };
export const f100: WorkloadSettings = { name: 'F100', symbols: 100, target: 10_000, targetMin: 20, commands: 3_000_000, drifts: false };
export const f1Drift: WorkloadSettings = { ...f1, name: 'F1-drift', drifts: true };

const accountsCount = 1_000;
const midStart = 10_000;
/** Of the weight of the first symbol: small enough that a draw times the sum of weights is exact. */
const weightOne = 2 ** 18;
const latestCount = 256;

/** sfc32 with 15 draws of warming up. */
export class Sfc32 {
  #a = 0x9e3779b9 | 0;
  #b = 0x243f6a88 | 0;
  #c = 0xb7e15162 | 0;
  #d: number;

  constructor(seed: number) {
    this.#d = seed | 0;
    for (let draw = 0; draw < 15; draw++) this.next();
  }

  /** 32 bits, unsigned. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** 0 to n - 1; n below 2^21. */
  below(n: number): number {
    return Math.floor((this.next() * n) / 2 ** 32);
  }
}

/** A symbol as the generator sees it: where its price is, and which of its orders rest. */
interface Symbol {
  readonly book: number;
  readonly target: number;
  mid: number;
  readonly live: number[];
}

class Generator {
  readonly writer = new CommandWriter(1 << 20);
  readonly counts: Record<string, number> = {};
  trades = 0;
  tradesInAll = 0;
  tradedLots = 0;
  tradesHash = tradesHashStart;
  readonly #settings: WorkloadSettings;
  readonly #draw: Sfc32;
  readonly #symbols: Symbol[];
  readonly #weights: number[] = [];
  /** What rests is known from an engine that takes the same commands: a cancel or replace always hits. */
  readonly #oracle = new ReferenceEngine();
  readonly #placeOf = new Map<number, { readonly live: number[]; place: number }>();
  readonly #firstOrderId: number;
  #lastOrderId: number;
  #executedWords = 0;

  constructor(settings: WorkloadSettings, firstBook: number, firstOrderId: number) {
    this.#settings = settings;
    this.#draw = new Sfc32(settings.seed ?? 12_345);
    this.#firstOrderId = firstOrderId;
    this.#lastOrderId = firstOrderId - 1;
    let sum = 0;
    for (let symbol = 0; symbol < settings.symbols; symbol++) this.#weights.push((sum += Math.floor(weightOne / (symbol + 1))));
    this.#symbols = this.#weights.map((upTo, symbol) => {
      const weight = upTo - (this.#weights[symbol - 1] ?? 0);
      return {
        book: firstBook + symbol,
        target: Math.max(settings.targetMin, Math.floor((settings.target * weight) / sum)),
        mid: midStart,
        live: [],
      };
    });
  }

  open(): void {
    for (const { book } of this.#symbols) {
      this.writer.listBook(book, { referencePrice: midStart, freezeQty: 100_000, bandLow: 1, bandHigh: 1_000_000 });
      this.writer.setPhase(book, Phase.CONTINUOUS);
    }
    this.#execute();
  }

  prefill(): void {
    for (const symbol of this.#symbols) while (symbol.live.length < symbol.target) this.#passive(symbol);
    this.trades = 0;
    this.tradedLots = 0;
    this.tradesHash = tradesHashStart;
    for (const kind of Object.keys(this.counts)) this.counts[kind] = 0;
  }

  feed(): void {
    const symbol = this.#symbol();
    this.#walk(symbol);
    const kind = this.#draw.below(100);
    if (kind < 45) this.#limit(symbol);
    else if (kind < 48) this.#taker(symbol, 'IOC', 5, 100);
    else if (kind < 49) this.#taker(symbol, 'FOK', 10, 200);
    else if (kind < 50) this.#market(symbol);
    else if (kind < 95) {
      if (symbol.live.length < symbol.target) this.#limit(symbol);
      else this.#cancel(symbol);
    } else if (symbol.live.length === 0) this.#limit(symbol);
    else this.#replace(symbol);
  }

  #symbol(): Symbol {
    if (this.#symbols.length === 1) return this.#symbols[0] as Symbol;
    const drawn = this.#draw.below(this.#weights.at(-1) as number);
    let low = 0;
    let high = this.#weights.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#weights[middle] as number) > drawn) high = middle;
      else low = middle + 1;
    }
    return this.#symbols[low] as Symbol;
  }

  #walk(symbol: Symbol): void {
    const { drifts } = this.#settings;
    if (this.#draw.below(drifts ? 2 : 64) !== 0) return;
    const mid = symbol.mid + (this.#draw.below(2) === 0 ? -1 : 1);
    symbol.mid = drifts ? Math.max(1, mid) : Math.min(11_000, Math.max(9_000, mid));
  }

  #limit(symbol: Symbol): void {
    if (this.#draw.below(32) !== 0) return this.#passive(symbol);
    const side = this.#draw.below(2);
    const distance = this.#draw.below(4);
    this.#new(
      symbol,
      'LIMIT',
      side,
      OrderType.LIMIT,
      InForce.GTC,
      side === BookSide.BUY ? symbol.mid + distance : symbol.mid - distance,
      100,
    );
  }

  #passive(symbol: Symbol): void {
    const side = this.#draw.below(2);
    this.#new(symbol, 'LIMIT', side, OrderType.LIMIT, InForce.GTC, this.#passivePrice(symbol, side), 100);
  }

  #passivePrice(symbol: Symbol, side: number): number {
    const drawn = this.#draw.below(200);
    const distance = 1 + Math.floor((drawn * drawn) / 200);
    return side === BookSide.BUY ? symbol.mid - distance : symbol.mid + distance;
  }

  #taker(symbol: Symbol, kind: 'IOC' | 'FOK', distance: number, qtyMax: number): void {
    const side = this.#draw.below(2);
    const price = side === BookSide.BUY ? symbol.mid + distance : symbol.mid - distance;
    this.#new(symbol, kind, side, OrderType.LIMIT, kind === 'IOC' ? InForce.IOC : InForce.FOK, price, qtyMax);
  }

  #market(symbol: Symbol): void {
    this.#new(symbol, 'MARKET', this.#draw.below(2), OrderType.MARKET, InForce.IOC, 0, 100);
  }

  #new(symbol: Symbol, kind: string, side: number, ordType: OrderType, timeInForce: InForce, price: number, qtyMax: number): void {
    this.#count(kind);
    this.writer.newOrder({
      book: symbol.book,
      orderId: ++this.#lastOrderId,
      account: this.#draw.below(accountsCount),
      side: side as BookSide,
      ordType,
      timeInForce,
      // A mid near 1 leaves no room below it.
      price: ordType === OrderType.MARKET ? 0 : Math.max(1, price),
      qty: 1 + this.#draw.below(qtyMax),
      // Every order is checked against its own group; none has one.
      selfTrade: SelfTrade.CANCEL_NEWEST,
    });
    this.#execute();
  }

  #cancel(symbol: Symbol): void {
    this.#count('CANCEL');
    this.writer.cancel(symbol.book, this.#pick(symbol));
    this.#execute();
  }

  #replace(symbol: Symbol): void {
    this.#count('REPLACE');
    const orderId = this.#pick(symbol);
    const order = this.#oracle.order(orderId);
    if (order === undefined) throw new Error(`order ${orderId} rests in the generator and not in its oracle`);
    const price = Math.max(1, this.#passivePrice(symbol, order.side));
    const drawn = 1 + this.#draw.below(100);
    // A REPLACE of OBW1 loses priority. At the same price with no more it would keep it here, and in other books not: such a one gets more.
    const qty = price === order.price ? Math.max(drawn, order.openQty + 1) : drawn;
    this.writer.replace({ book: symbol.book, orderId, price, qty });
    this.#execute();
  }

  /** Half of them among the latest, half among all. */
  #pick({ live }: Symbol): number {
    const from = this.#draw.below(2) === 0 ? Math.max(0, live.length - latestCount) : 0;
    return live[from + this.#draw.below(live.length - from)] as number;
  }

  #count(kind: string): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }

  /** Lets the oracle take what was written since, and follows what rests. */
  #execute(): void {
    const oracle = this.#oracle;
    const { words } = this.writer;
    oracle.execute(words, this.#executedWords, words.length);
    this.#executedWords = words.length;
    let last = 0;
    for (let at = 0; at < oracle.reportsLength; at += reportWords) {
      const { kind, orderId, price, qty, leavesQty, tradeNo } = readReport(oracle.reports, at);
      last = orderId;
      if (kind === ReportKind.TRADE) {
        // Maker and taker follow one another.
        const taker = readReport(oracle.reports, at + reportWords);
        at += reportWords;
        this.trades++;
        this.tradesInAll++;
        this.tradedLots += qty;
        this.tradesHash = mixTrade(this.tradesHash, orderId, taker.orderId, price, qty);
        if (leavesQty === 0) this.#drop(orderId);
        last = taker.orderId;
        if (tradeNo !== taker.tradeNo) throw new Error('the two sides of a trade follow one another');
      } else if (kind === ReportKind.CANCELED) this.#drop(orderId);
    }
    oracle.clearReports();
    if (last >= this.#firstOrderId) this.#follow(last);
  }

  /** The order that came or was replaced: it rests now, or it does not. */
  #follow(orderId: number): void {
    const order = this.#oracle.order(orderId);
    if (order === undefined) return this.#drop(orderId);
    if (this.#placeOf.has(orderId)) return;
    const { live } = this.#symbols[order.book - (this.#symbols[0] as Symbol).book] as Symbol;
    this.#placeOf.set(orderId, { live, place: live.length });
    live.push(orderId);
  }

  #drop(orderId: number): void {
    const dropped = this.#placeOf.get(orderId);
    if (dropped === undefined) return;
    const { live, place } = dropped;
    const moved = live.pop() as number;
    if (moved !== orderId) {
      live[place] = moved;
      (this.#placeOf.get(moved) as { place: number }).place = place;
    }
    this.#placeOf.delete(orderId);
  }
}

/** Makes the workload; about a second per million commands. Books and order ids may begin elsewhere, for what warms an engine up. */
export function makeWorkload(settings: WorkloadSettings, firstBook = 0, firstOrderId = 1): Workload {
  const generator = new Generator(settings, firstBook, firstOrderId);
  generator.open();
  generator.prefill();
  const measuredFrom = generator.writer.length;
  for (let command = 0; command < settings.commands; command++) generator.feed();
  const { counts, trades, tradesInAll, tradedLots, tradesHash } = generator;
  return {
    name: settings.name,
    words: generator.writer.words.slice(),
    measuredFrom,
    commands: settings.commands,
    counts,
    trades,
    tradesInAll,
    tradedLots,
    tradesHash: tradesHash >>> 0,
  };
}
