// What holds of the fast engine between two commands. Slow: it looks at every order and every slot.
import { assert } from '@switchyard/kernel';
import { InForce, OrderType, stepsMax } from './command.js';
import { bookField, extraField, levelField, noKey, orderField, sideField, sideKind, sideKinds, tagBits } from './fast-layout.js';
import { inForceOf, typeOf } from './fast-orders.js';
import { FastState } from './fast-state.js';
import { turnsUpTo } from './state.js';

const { NEXT, PREV, LEVEL, QTY, ID, TAG, NEXT_OF_ACCOUNT, PREV_OF_ACCOUNT } = orderField;
const { HIDDEN, DISPLAY, STOP, EXPIRE_AT, DATE_AT } = extraField;
const { KEY, SIDE } = levelField;
const { BEST, BASE, SLOTS, LADDER, FAR, FAR_COUNT, FAR_ROOM, BOOK, KIND } = sideField;
const { ANNEX, WAITING } = bookField;
const { EXTENDED, ACCOUNT_SHIFT } = tagBits;

export class FastValidation extends FastState {
  /** Throws InvariantError. */
  validateInternalState(): void {
    let count = 0;
    let dated = 0;
    let annexes = 0;
    for (const book of this.listedBooks()) {
      let waiting = 0;
      for (let kind = 0; kind < sideKinds; kind++) {
        const side = this.sideOf(book, kind);
        if (side === 0) continue;
        assert(this.words[side | BOOK] === book && this.words[side | KIND] === kind, 'a side knows its book and kind');
        this.#validateLevels(side);
        if (kind <= sideKind.MARKET_SELLS) this.#validateTurns(book, kind);
        for (const order of this.ordersOf(book, kind)) {
          this.#validateOrder(order, side);
          count++;
          if (kind > sideKind.ASKS) waiting++;
          if (inForceOf(this.words[order | TAG]!) === InForce.GTD) dated++;
        }
      }
      assert(
        this.words[book | WAITING] === waiting && waiting > 0 === (this.words[book | ANNEX] !== 0),
        'an annex is there while it is used',
      );
      if (waiting > 0) annexes++;
      assert(this.isSettled(book), 'in continuous trading nothing waits that would trade');
    }
    assert(count === this.openCount, 'every open order waits in a book');
    assert(annexes === this.annexCount, 'every annex belongs to a book');
    assert(dated === this.dateCount, 'every order with a time is in the heap');
    assert(this.ids.reduce((sum, order) => sum + (order === 0 ? 0 : 1), 0) === count, 'the id map holds the open orders and no others');
    assert(this.ids.length >= 2 * this.orderRecords, 'the id map is at most half full');
  }

  #validateLevels(side: number): void {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const base = words[side | BASE]!;
    let best = noKey;
    for (let slot = 0; slot < slots; slot++) {
      const level = words[words[side | LADDER]! + slot]!;
      const isSet = ((words[words[side | LADDER]! + slots + (slot >>> 5)]! >>> slot) & 1) === 1;
      assert((level !== 0) === isSet, 'the bitmap tells which slots hold a level');
      if (level === 0) continue;
      best = base + slot;
      this.#validateLevel(level, side, best);
    }
    assert(best === words[side | BEST], 'the best level is in the ladder, and is known');
    let last = noKey;
    for (let at = 0; at < words[side | FAR_COUNT]!; at++) {
      const level = words[words[side | FAR]! + at]!;
      const key = words[level | KEY]!;
      assert(key > last && key < base, 'far levels stand by their keys, below the ladder');
      this.#validateLevel(level, side, key);
      last = key;
    }
    assert((words[side | FAR_ROOM] === 0) === (words[side | FAR_COUNT] === 0), 'a list of far levels is there while it is used');
  }

  #validateTurns(book: number, kind: number): void {
    const turns = this.marketTurns(book, kind & 1);
    if (kind > sideKind.ASKS)
      return turns.forEach((turn, at) => assert(at === 0 || turns[at - 1]! < turn, 'market orders stand in their time'));
    for (const level of this.levelsOf(book, kind)) {
      let last = 0;
      for (const order of this.ordersOfLevel(level)) {
        const ahead = turnsUpTo(turns, this.turnOf(order));
        assert(ahead >= last, 'orders of a level stand in their time, market orders that wait between them');
        last = ahead;
      }
    }
  }

  #validateLevel(level: number, side: number, key: number): void {
    const { words } = this;
    assert(words[level | KEY] === key && words[level | SIDE] === side, 'a level knows its key and its side');
    assert(words[level | NEXT] !== level, 'a level holds an order');
    assert(this.levelAt(side, key) === level, 'a level is found by its key');
  }

  #validateOrder(order: number, side: number): void {
    const { words } = this;
    const tag = words[order | TAG]!;
    const isExtended = (tag & EXTENDED) !== 0;
    const open = this.openOf(order);
    const shown = words[order | QTY]!;
    const kind = words[side | KIND]!;
    assert(words[words[order | LEVEL]! | SIDE] === side, 'an order knows its level');
    assert(
      words[words[order | NEXT]! | PREV] === order && words[words[order | PREV]! | NEXT] === order,
      'orders of a level are linked both ways',
    );
    const byAccount = words[order | NEXT_OF_ACCOUNT]!;
    assert(words[byAccount + PREV_OF_ACCOUNT] === order, 'orders of an account are linked both ways');
    assert(this.#isOnCircleOf(order, tag >>> ACCOUNT_SHIFT), 'an order is in the circle of its account');
    assert(this.find(words[order | ID]!) === order, 'an order is found by its id');
    assert((tag & 1) === (kind & 1), 'an order is on its side');
    assert(shown >= 1 && shown <= open && open <= stepsMax, 'an order has something to take');
    const inForce = inForceOf(tag);
    assert(inForce !== InForce.IOC && inForce !== InForce.FOK, 'an order that does not rest is not open');
    if (kind > sideKind.ASKS) assert(isExtended && words[order + HIDDEN] === 0, 'nothing is hidden of an order that waits elsewhere');
    else assert(typeOf(tag) === OrderType.LIMIT, 'an order at a price is a limit order');
    if (!isExtended) return assert(inForce !== InForce.GTD, 'an order with a time has the words for it');
    const display = words[order + DISPLAY]!;
    if (kind <= sideKind.ASKS) assert(display === 0 ? shown === open : shown <= display, 'an iceberg shows a slice, any other order all');
    assert(
      (kind === sideKind.BUY_STOPS || kind === sideKind.SELL_STOPS) === (words[order + STOP] !== 0),
      'stops wait behind their stop price',
    );
    if (inForce !== InForce.GTD) return;
    assert(words[order + EXPIRE_AT]! >>> 0 > this.clockSec, 'an order that is open is not due');
    assert(this.dates[words[order + DATE_AT]!] === order, 'an order with a time knows its place in the heap');
  }

  /** Walks the circle only as far as a few orders: all of it, from every order, would take for ever. */
  #isOnCircleOf(order: number, account: number): boolean {
    const ends = this.accountEnds(account);
    let at = order;
    for (let steps = 0; steps < 64; steps++) {
      at = this.words[at + NEXT_OF_ACCOUNT]!;
      if (at === ends) return true;
    }
    return this.words[ends + NEXT_OF_ACCOUNT] !== ends;
  }
}
