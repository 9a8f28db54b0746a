// A seeded stream of commands with every feature switched on, and everything that can be wrong with a command. It follows no engine: the same seed is the same stream.
import { Prng } from '@switchyard/kernel';
import {
  accountMax,
  BookSide,
  CommandType,
  CommandWriter,
  extendedBit,
  extendedCommandWords,
  InForce,
  OrderType,
  Phase,
  SelfTrade,
  slicesMax,
  stepsMax,
  typeMask,
  type BookRules,
} from '../engine/command.js';

/** How a book of the stream is: where its market is, and what one lot of its orders is. */
interface BookProfile {
  readonly book: number;
  readonly middle: number;
  /** The market walks this far from the middle. */
  readonly width: number;
  readonly unit: number;
  readonly rules: BookRules;
}

const noRules: BookRules = { referencePrice: 0, freezeQty: 0, bandLow: 0, bandHigh: 0 };

const profiles: readonly BookProfile[] = [
  { book: 0, middle: 1_000, width: 25, unit: 1, rules: noRules },
  { book: 1, middle: 500, width: 30, unit: 1, rules: { referencePrice: 500, freezeQty: 20, bandLow: 475, bandHigh: 525 } },
  { book: 2, middle: 8, width: 6, unit: 1, rules: { ...noRules, referencePrice: 9, bandLow: 2 } },
  { book: 300, middle: 40_000, width: 400, unit: 5, rules: { ...noRules, referencePrice: 40_010 } },
  // Prices and sums at the upper end of what words hold.
  { book: 65_535, middle: stepsMax - 20, width: 18, unit: 40_000_000, rules: { ...noRules, referencePrice: stepsMax - 15 } },
];

/** Every book that a stream lists. */
export const streamBooks: readonly number[] = profiles.map(({ book }) => book);

/** The book in which the stream never lists anything. */
const unlistedBook = 9;
const accounts = 40;
/** The stream names only orders of late, so that most are still open. */
const recentOrders = 256;

const orderlyNext: Record<Phase, Phase> = {
  [Phase.CLOSED]: Phase.PRE_OPEN,
  [Phase.PRE_OPEN]: Phase.OPENING_AUCTION,
  [Phase.OPENING_AUCTION]: Phase.CONTINUOUS,
  [Phase.CONTINUOUS]: Phase.CLOSING_AUCTION,
  [Phase.CLOSING_AUCTION]: Phase.CLOSED,
  [Phase.HALT]: Phase.CONTINUOUS,
};

const anyBit = Array.from({ length: 32 }, (_, bit) => bit);
/**
 * Bits of a word that may be changed in a right order, where not all may: a record stays as long as it says, no quantity becomes so large that it stops a
 * market, and no slice so small that a trade takes millions of them.
 */
const bitsToFlip: Readonly<Record<number, readonly number[]>> = {
  0: anyBit.filter((bit) => 1 << bit !== extendedBit),
  4: [0, 1, 2, 30, 31],
  9: [29, 30, 31],
};

/** What the stream remembers of an order that it placed; the engine may have ended it since. */
interface Placed {
  readonly orderId: number;
  readonly book: number;
  readonly ordType: OrderType;
  readonly price: number;
  readonly stopPrice: number;
  readonly qty: number;
  /** 0 for one that shows all of itself. */
  readonly displayQty: number;
}

class BookState {
  phase: Phase = Phase.CLOSED;
  market: number;

  constructor(readonly profile: BookProfile) {
    this.market = profile.middle;
  }
}

export class RandomCommands {
  readonly #prng: Prng;
  readonly #books = profiles.map((profile) => new BookState(profile));
  readonly #placed: Placed[] = [];
  #lastOrderId = 0;
  #clockSec = 1_000;
  #written = 0;

  constructor(readonly seed: number | string) {
    this.#prng = new Prng(seed);
  }

  /** Writes the next command. */
  writeNext(writer: CommandWriter): void {
    const first = this.#written++;
    const listed = profiles[first];
    if (listed !== undefined) writer.listBook(listed.book, listed.rules);
    else if (first < 2 * profiles.length) this.#writePhase(writer, this.#books[first - profiles.length] as BookState, Phase.CONTINUOUS);
    else this.#writeAny(writer);
  }

  #writeAny(writer: CommandWriter): void {
    const prng = this.#prng;
    const book = prng.pick(this.#books);
    if (this.#isTimeForAnotherPhase(book)) return this.#writeNextPhase(writer, book);
    // An auction that misses one side leaves market orders over.
    const isCollecting = book.phase === Phase.PRE_OPEN || book.phase === Phase.CLOSING_AUCTION;
    if (isCollecting && prng.chance(1, 50))
      return void writer.massCancel({ book: book.profile.book, side: prng.pick(Object.values(BookSide)) });
    const draw = prng.below(1_000);
    if (draw < 640) this.#writeNew(writer, book);
    else if (draw < 770) this.#writeCancel(writer);
    else if (draw < 955) this.#writeReplace(writer);
    else if (draw < 965) writer.time((this.#clockSec += prng.below(3) - (prng.chance(1, 20) ? 5 : 0)) >>> 0);
    else if (draw < 968) this.#writeMassCancel(writer, book);
    else if (draw < 969) writer.dayEnd(prng.chance(1, 10) ? -1 : prng.chance(1, 8) ? unlistedBook : book.profile.book);
    else if (draw < 972) this.#writeNew(writer, book);
    else if (draw < 980) writer.setAccountGroup(prng.below(accounts), prng.below(5));
    else if (draw < 984) this.#writeRules(writer, book);
    else this.#writeOdd(writer);
  }

  #isTimeForAnotherPhase({ phase }: BookState): boolean {
    const isQuick = phase === Phase.OPENING_AUCTION || phase === Phase.HALT || phase === Phase.CLOSED;
    return this.#prng.chance(1, phase === Phase.CONTINUOUS ? 400 : isQuick ? 6 : 25);
  }

  #writeNextPhase(writer: CommandWriter, book: BookState): void {
    const prng = this.#prng;
    const isOrderly = prng.chance(3, 4);
    this.#writePhase(writer, book, isOrderly ? orderlyNext[book.phase] : prng.pick(Object.values(Phase)));
  }

  #writePhase(writer: CommandWriter, book: BookState, phase: Phase): void {
    const isForAll = this.#prng.chance(1, 60);
    for (const each of isForAll ? this.#books : [book]) each.phase = phase;
    writer.setPhase(isForAll ? -1 : book.profile.book, phase);
  }

  #writeNew(writer: CommandWriter, state: BookState): void {
    const prng = this.#prng;
    const { book, unit } = state.profile;
    const isCollecting = state.phase === Phase.PRE_OPEN || state.phase === Phase.CLOSING_AUCTION;
    const ordType = this.#ordType(isCollecting);
    const timeInForce = this.#timeInForce(ordType, isCollecting);
    const side = prng.chance(1, 2) ? BookSide.BUY : BookSide.SELL;
    const hasLimit = ordType === OrderType.LIMIT || ordType === OrderType.STOP_LIMIT;
    const isStop = ordType === OrderType.STOP || ordType === OrderType.STOP_LIMIT;
    const stopPrice = isStop ? this.#stopPrice(state, side) : 0;
    const price = hasLimit ? this.#price(state, side) : 0;
    const isIceberg = hasLimit && !isImmediate(timeInForce) && prng.chance(1, 6);
    const displayQty = isIceberg ? unit * (1 + prng.below(4)) : 0;
    const usualQty = unit * (1 + (prng.chance(1, 8) ? prng.below(26) : prng.below(8)));
    const hasManySlices = isIceberg && prng.chance(1, 60);
    const qty = hasManySlices ? Math.min(displayQty * slicesMax + prng.below(2), stepsMax) : usualQty;
    const canBePassive = ordType === OrderType.LIMIT && timeInForce <= InForce.GTD && !isCollecting;
    const isPostOnly = canBePassive ? prng.chance(1, 12) : prng.chance(1, 200);
    const canBeProtected = ordType === OrderType.MARKET || ordType === OrderType.STOP;
    const isProtected = canBeProtected ? prng.chance(1, 2) : prng.chance(1, 200);
    const orderId = ++this.#lastOrderId;
    const isGone = isImmediate(timeInForce) || (ordType === OrderType.MARKET && !isCollecting && timeInForce !== InForce.AT_CLOSE);
    const ordTypeAtRest = ordType === OrderType.MARKET_TO_LIMIT ? OrderType.LIMIT : ordType;
    if (!isGone || prng.chance(1, 10))
      this.#remember({ orderId, book, ordType: ordTypeAtRest, price, stopPrice, qty, displayQty: displayQty < qty ? displayQty : 0 });
    writer.newOrder({
      orderId,
      book,
      account: prng.below(accounts),
      side,
      ordType,
      timeInForce,
      qty,
      price,
      selfTrade: prng.pick(Object.values(SelfTrade)),
      postOnly: isPostOnly,
      stopPrice,
      displayQty,
      expireAtSec: timeInForce === InForce.GTD ? this.#clockSec + 1 + prng.below(12) : 0,
      protectionBps: isProtected ? prng.below(150) : 0,
    });
  }

  #ordType(isCollecting: boolean): OrderType {
    const draw = this.#prng.below(100);
    if (draw < (isCollecting ? 56 : 70)) return OrderType.LIMIT;
    if (draw < 78) return OrderType.MARKET;
    if (draw < 86) return OrderType.STOP;
    if (draw < 95) return OrderType.STOP_LIMIT;
    return isCollecting ? OrderType.LIMIT : OrderType.MARKET_TO_LIMIT;
  }

  /** Mostly one that goes with the order and the phase. */
  #timeInForce(ordType: OrderType, isCollecting: boolean): InForce {
    const prng = this.#prng;
    if (prng.chance(1, 60)) return prng.pick(Object.values(InForce));
    const isStop = ordType === OrderType.STOP || ordType === OrderType.STOP_LIMIT;
    const waits = ordType === OrderType.MARKET ? [InForce.DAY] : [InForce.DAY, InForce.GTC, InForce.GTD];
    if (isStop) return prng.pick(waits);
    if (isCollecting) return prng.pick([...waits, InForce.AT_OPEN, InForce.AT_CLOSE]);
    const atClose = ordType === OrderType.MARKET_TO_LIMIT || !prng.chance(1, 4) ? [] : [InForce.AT_CLOSE];
    return prng.pick([...waits, ...waits, InForce.IOC, InForce.FOK, ...atClose]);
  }

  /** Around the market, often across it; the market walks. */
  #price(state: BookState, side: BookSide): number {
    const prng = this.#prng;
    const { middle, width } = state.profile;
    if (prng.chance(1, 12)) state.market += prng.chance(1, 2) ? 1 : -1;
    if (Math.abs(state.market - middle) > width) state.market = middle;
    const step = Math.max(1, Math.floor(width / 12));
    const away = (prng.below(9) - 1) * step;
    const isFar = prng.chance(1, 50);
    const distance = isFar ? away * 10 : away;
    return clamp(state.market + (side === BookSide.BUY ? -distance : distance), isFar ? 0 : 1);
  }

  /** Mostly where the market has not been yet, and near. */
  #stopPrice(state: BookState, side: BookSide): number {
    const step = Math.max(1, Math.floor(state.profile.width / 12));
    const distance = (this.#prng.below(9) - 2) * step;
    return clamp(state.market + (side === BookSide.BUY ? distance : -distance), 1);
  }

  #writeCancel(writer: CommandWriter): void {
    const placed = this.#takePlaced();
    if (placed !== undefined) writer.cancel(this.#bookNear(placed), placed.orderId);
    else writer.cancel(this.#prng.pick(profiles).book, this.#prng.below(50));
  }

  #writeReplace(writer: CommandWriter): void {
    const prng = this.#prng;
    const placed = this.#takePlaced();
    if (placed === undefined) return this.#writeCancel(writer);
    const { orderId, ordType } = placed;
    const isSamePrice = prng.chance(1, 3);
    const move = (price: number): number => (price === 0 || isSamePrice ? price : clamp(price + prng.below(9) - 4, 1));
    const unit = placed.qty < 1_000_000 ? 1 : 40_000_000;
    const qty = prng.chance(1, 2) ? Math.max(1, placed.qty - unit * prng.below(4)) : placed.qty + unit * prng.below(2);
    // A stop may have become a limit order, and a market order too.
    const price = ordType === OrderType.MARKET && prng.chance(1, 4) ? this.#marketOf(placed.book) : move(placed.price);
    const stopPrice = placed.stopPrice !== 0 && prng.chance(1, 3) ? 0 : move(placed.stopPrice);
    const after = { ...placed, price, stopPrice: stopPrice === 0 ? placed.stopPrice : stopPrice, qty: Math.min(qty, stepsMax) };
    this.#remember(after);
    writer.replace({ book: this.#bookNear(placed), orderId, price, qty: after.qty, stopPrice });
  }

  #marketOf(book: number): number {
    return this.#books.find(({ profile }) => profile.book === book)?.market ?? 1;
  }

  #writeMassCancel(writer: CommandWriter, { profile }: BookState): void {
    const prng = this.#prng;
    const side = prng.pick([-1, BookSide.BUY, BookSide.SELL] as const);
    const draw = prng.below(20);
    if (draw < 12) writer.massCancel({ account: prng.below(accounts), side });
    else if (draw < 17) writer.massCancel({ book: profile.book, side });
    else if (draw < 18) writer.massCancel({});
    else if (draw < 19) writer.massCancel({ book: unlistedBook });
    else writer.massCancel({ account: prng.below(accounts), book: profile.book, side });
  }

  /** Other rules for a listed book: its orders stay. */
  #writeRules(writer: CommandWriter, { profile }: BookState): void {
    const prng = this.#prng;
    const { referencePrice, freezeQty, bandLow, bandHigh } = profile.rules;
    const isReferenced = prng.chance(3, 4);
    const isBanded = prng.chance(1, 2);
    writer.listBook(profile.book, {
      referencePrice: isReferenced ? referencePrice + prng.below(4) : 0,
      freezeQty,
      bandLow: isBanded ? bandLow : 0,
      bandHigh: isBanded ? bandHigh : 0,
    });
  }

  /** A command that is wrong in one way, or a few. */
  #writeOdd(writer: CommandWriter): void {
    const prng = this.#prng;
    const draw = prng.below(9);
    const { book } = prng.pick(profiles);
    const placed = prng.pick([...this.#placed.slice(-4), { orderId: 1, price: 1, qty: 1 }]);
    if (draw === 0) return void writer.cancel(prng.pick([book, unlistedBook, -1]), placed.orderId + prng.below(3) - 1);
    if (draw === 1)
      return void writer.replace({ book: prng.pick([book, unlistedBook]), orderId: placed.orderId, price: placed.price, qty: placed.qty });
    if (draw === 2) return void writer.setPhase(prng.pick([book, unlistedBook]), prng.below(7) === 6 ? (6 as Phase) : this.#phaseOf(book));
    if (draw === 3) return this.#writeWrongNew(writer, book, placed.orderId);
    if (draw === 4 || draw === 5) return this.#writeWrongReplace(writer);
    if (draw === 6) return this.#writeMalformed(writer, book);
    return this.#writeFlipped(writer);
  }

  /** As it is, so that nothing changes where it is right. */
  #phaseOf(book: number): Phase {
    return this.#books.find(({ profile }) => profile.book === book)?.phase ?? Phase.CLOSED;
  }

  #writeWrongNew(writer: CommandWriter, book: number, openId: number): void {
    const prng = this.#prng;
    const one = (value: number, ...wrong: number[]): number => (prng.chance(1, 3) ? prng.pick(wrong) : value);
    writer.newOrder({
      orderId: one(++this.#lastOrderId, 0, -1, openId, openId),
      book: one(book, unlistedBook, -1, 65_536),
      account: one(prng.below(accounts), -1, accountMax + 1, accountMax),
      side: prng.pick(Object.values(BookSide)),
      ordType: prng.pick(Object.values(OrderType)),
      timeInForce: prng.pick(Object.values(InForce)),
      qty: one(3, 0, -5, stepsMax + 1),
      price: one(this.#marketOf(book), 0, 0, 0, -1, stepsMax + 1, stepsMax),
      postOnly: prng.chance(1, 4),
      stopPrice: one(0, -1, stepsMax + 1, this.#marketOf(book)),
      displayQty: one(0, -1, 2, stepsMax),
      expireAtSec: one(0, 1, this.#clockSec, this.#clockSec + 5, -1),
      protectionBps: one(0, -1, 10_000, 9_999),
    });
  }

  #writeWrongReplace(writer: CommandWriter): void {
    const prng = this.#prng;
    const iceberg = this.#placed.findLast((each) => each.displayQty > 0);
    const placed = prng.chance(1, 3) ? iceberg : this.#placed.at(-1 - prng.below(16));
    if (placed === undefined) return this.#writeCancel(writer);
    const { book, orderId, price, stopPrice, displayQty } = placed;
    // An iceberg may not become so large; of another order it would be too much for the market.
    const tooLarge = Math.min(displayQty * slicesMax, stepsMax) + 1;
    const aboveFreeze = (profiles.find((profile) => profile.book === book)?.rules.freezeQty ?? 0) + 1;
    const wrongPrice = prng.pick([price, price, 0, -1, stepsMax + 1]);
    writer.replace({ book, orderId, price: wrongPrice, qty: prng.pick([0, -5, stepsMax + 1, aboveFreeze, tooLarge]), stopPrice });
  }

  /** A right command, but for one bit that commands of its type leave zero. */
  #writeMalformed(writer: CommandWriter, book: number): void {
    const prng = this.#prng;
    const right = new CommandWriter(extendedCommandWords);
    const write = prng.pick([
      () => right.cancel(book, this.#lastOrderId),
      () => right.replace({ book, orderId: this.#lastOrderId, price: 1, qty: 1 }),
      () => right.massCancel({ book }),
      () => right.setPhase(book, Phase.HALT),
      () => right.listBook(book, noRules),
      () => right.time(this.#clockSec),
      () => right.dayEnd(book),
      () => right.setAccountGroup(1, 1),
    ]);
    write();
    const words = [...right.words];
    const [head] = words as [number];
    const names = (head & typeMask) === CommandType.CANCEL || (head & typeMask) === CommandType.REPLACE;
    if (prng.chance(1, 2)) words[0] = head | (1 << prng.pick([4, 5, 8, 11, 14, 16, 31]));
    else words[names ? 5 : 2] = 1 << prng.below(32);
    writer.raw(...words);
  }

  /** A right order with one bit changed. */
  #writeFlipped(writer: CommandWriter): void {
    const prng = this.#prng;
    const right = new CommandWriter(extendedCommandWords);
    this.#writeNew(right, prng.pick(this.#books));
    const words = [...right.words];
    const at = prng.below(words.length);
    const bit = prng.pick(bitsToFlip[at] ?? anyBit);
    words[at] = (words[at] as number) ^ (1 << bit);
    writer.raw(...words);
  }

  #bookNear({ book }: Placed): number {
    return this.#prng.chance(1, 40) ? this.#prng.pick(profiles).book : book;
  }

  #remember(placed: Placed): void {
    this.#placed.push(placed);
    if (this.#placed.length > recentOrders) this.#placed.shift();
  }

  #takePlaced(): Placed | undefined {
    if (this.#placed.length === 0) return undefined;
    const at = this.#prng.below(this.#placed.length);
    const [placed] = this.#placed.splice(at, 1);
    return placed;
  }
}

function isImmediate(timeInForce: InForce): boolean {
  return timeInForce === InForce.IOC || timeInForce === InForce.FOK;
}

function clamp(price: number, least: number): number {
  return Math.min(Math.max(price, least), stepsMax);
}
