// The commands that a market consists of: a plain limit order, a market order, a cancel, a replace of a plain order, in continuous trading.
// Each looks first whether all about it is plain and right, and has changed nothing when it returns false: then the checked ways take it.
import {
  CommandType,
  InForce,
  inForceShift,
  OrderType,
  orderTypeShift,
  Phase,
  SelfTrade,
  selfTradeShift,
  sideBit,
  threeBits,
} from './command.js';
import { FastAdmin } from './fast-admin.js';
import { bookField, levelField, orderField, pointerBits, sideWords, tagBits } from './fast-layout.js';
import { EngineReason, ReportKind, reasonShift } from './report.js';

const { LEVEL, QTY, ID, TAG } = orderField;
const { KEY, SIDE } = levelField;
const { PHASE, ANNEX, LOWEST, HIGHEST, LARGEST, BIDS } = bookField;
const { EXTENDED, POST_ONLY, ACCOUNT_SHIFT, REPORTED, REPORT_SHIFT, TYPE_SHIFT, SELF_TRADE_SHIFT } = tagBits;
const pointer = pointerBits;
const wordsOfSide = sideWords;
const sideShift = 4;
const lifeShift = inForceShift;
const modeShift = selfTradeShift;
const modeBits = threeBits;
const continuous = Phase.CONTINUOUS;
const { FOK } = InForce;
const allow = SelfTrade.ALLOW;
const lastMode = SelfTrade.DECREMENT;
/** A NEW that says nothing but side, time in force and self-trade mode. */
export const plainLimit = CommandType.NEW | (OrderType.LIMIT << orderTypeShift);
export const plainMarket = CommandType.NEW | (OrderType.MARKET << orderTypeShift);
export const plainBits = ~(sideBit | (threeBits << inForceShift) | (threeBits << selfTradeShift));
/** Times in force that a plain limit order has: it rests, or takes what it can at once. */
const restingInForce = (1 << InForce.DAY) | (1 << InForce.GTC);
const immediateInForce = (1 << InForce.IOC) | (1 << InForce.FOK);
const plainInForce = restingInForce | immediateInForce;
const marketInForce = (1 << InForce.DAY) | (1 << InForce.IOC);
const attributeShift = orderTypeShift;
const attributeBits = 0x1ff;
const typeShift = TYPE_SHIFT;
const groupShift = SELF_TRADE_SHIFT;
const newHead = ReportKind.NEW;
const canceledOnRequest = ReportKind.CANCELED | (EngineReason.REQUESTED << reasonShift);
const noLiquidity = ReportKind.CANCELED | (EngineReason.NO_LIQUIDITY << reasonShift);
const unfillable = ReportKind.CANCELED | (EngineReason.FOK_UNFILLABLE << reasonShift);
const replaced = ReportKind.REPLACED;
const anyKey = -(2 ** 31) + 1;

export class FastPlain extends FastAdmin {
  /** A limit order: DAY, GTC, IOC or FOK. */
  protected plainLimit(commands: Int32Array, at: number, head: number): boolean {
    const orderId = commands[at + 2]!;
    const price = commands[at + 3]!;
    const qty = commands[at + 4]!;
    const account = commands[at + 5]!;
    const inForce = (head >> lifeShift) & modeBits;
    const number = commands[at + 1]!;
    const book = this.bookOf(number) & pointer;
    if (((plainInForce >>> inForce) & 1) === 0 || orderId < 1 || (commands[at + 6]! | commands[at + 7]!) !== 0) return false;
    if (book === 0 || !this.#isKnownAccount(account, head) || this.freeOrders === 0 || this.openCount >= this.ordersMax) return false;
    if (!this.#isWithinRules(book, price, qty)) return false;
    let slot = this.slotOf(orderId);
    if (this.ids[slot] !== 0) return false;

    const isSell = (head >> sideShift) & 1;
    const tag = isSell | (((head >> attributeShift) & attributeBits) << typeShift) | (account << ACCOUNT_SHIFT);
    const reportHead = (tag & REPORTED) << REPORT_SHIFT;
    const key = price ^ (0 - isSell);
    const opposite = this.oppositeOf(book, isSell);
    const crosses = this.crosses(opposite, key);
    // Who is to trade with whom is looked at only where there is somebody to trade with.
    if (crosses && !this.#mayMeetAll(account, head) && this.meetsGroup(opposite, ~key, qty, this.groupOf(account))) return false;
    const rests = ((restingInForce >>> inForce) & 1) !== 0;
    this.report(newHead | reportHead, number, orderId, price, qty, qty, account, rests ? qty : 0);
    let left = qty;
    if (crosses) {
      if (inForce === FOK && !this.canFill(opposite, ~key, qty)) {
        this.report(unfillable | reportHead, number, orderId, price, qty, 0, account, 0);
        return true;
      }
      left = this.take(book, opposite, ~key, qty, orderId, tag) | 0;
      if (left !== 0 && rests) slot = this.slotOf(orderId);
    } else if (inForce === FOK) {
      this.report(unfillable | reportHead, number, orderId, price, qty, 0, account, 0);
      return true;
    }
    if (left !== 0) {
      if (rests) this.#restPlain(book, isSell, key, orderId, tag, left, slot);
      else this.report(noLiquidity | reportHead, number, orderId, price, left, 0, account, 0);
    }
    if (left !== qty && this.words[book | ANNEX] !== 0) this.triggerStops(book);
    return true;
  }

  #restPlain(book: number, isSell: number, key: number, orderId: number, tag: number, qty: number, slot: number): void {
    const level = this.levelFor(book + BIDS + isSell * wordsOfSide, key) & pointer;
    const order = this.newPlainOrder(orderId, tag, qty, slot);
    this.append(order, level);
  }

  /** A market order, DAY or IOC: what it cannot take at once is canceled. */
  protected plainMarket(commands: Int32Array, at: number, head: number): boolean {
    const orderId = commands[at + 2]!;
    const qty = commands[at + 4]!;
    const account = commands[at + 5]!;
    const inForce = (head >> lifeShift) & modeBits;
    const number = commands[at + 1]!;
    const book = this.bookOf(number) & pointer;
    if (((marketInForce >>> inForce) & 1) === 0 || orderId < 1) return false;
    if ((commands[at + 3]! | commands[at + 6]! | commands[at + 7]!) !== 0) return false;
    if (book === 0 || !this.#isKnownAccount(account, head) || this.freeOrders === 0 || this.openCount >= this.ordersMax) return false;
    if (!this.#isWithinRules(book, this.words[book | LOWEST]!, qty) || this.find(orderId) !== 0) return false;
    const isSell = (head >> sideShift) & 1;
    const opposite = this.oppositeOf(book, isSell);
    if (!this.#mayMeetAll(account, head) && this.meetsGroup(opposite, anyKey, qty, this.groupOf(account))) return false;

    const tag = isSell | (((head >> attributeShift) & attributeBits) << typeShift) | (account << ACCOUNT_SHIFT);
    const reportHead = (tag & REPORTED) << REPORT_SHIFT;
    this.report(newHead | reportHead, number, orderId, 0, qty, qty, account, 0);
    const left = this.take(book, opposite, anyKey, qty, orderId, tag);
    if (left !== 0) this.report(noLiquidity | reportHead, number, orderId, 0, left, 0, account, 0);
    if (left !== qty && this.words[book | ANNEX] !== 0) this.triggerStops(book);
    return true;
  }

  /** Whether the account has its list, and there is such a mode of self-trade prevention. */
  #isKnownAccount(account: number, head: number): boolean {
    return account >>> 0 < this.accountsRoom >>> 0 && ((head >> modeShift) & modeBits) <= lastMode;
  }

  /** Whether the account may trade with every other. */
  #mayMeetAll(account: number, head: number): boolean {
    return ((head >> modeShift) & modeBits) === allow || this.groupOf(account) === 0;
  }

  /** Whether the book trades continuously, and its rules let price and quantity through. */
  #isWithinRules(book: number, price: number, qty: number): boolean {
    const { words } = this;
    const outside = (price - words[book + LOWEST]!) | (words[book + HIGHEST]! - price) | (qty - 1) | (words[book + LARGEST]! - qty);
    return outside >= 0 && words[book + PHASE] === continuous;
  }

  /** A cancel of a plain order that rests at a price. */
  protected plainCancel(commands: Int32Array, at: number): boolean {
    const orderId = commands[at + 2]!;
    const number = commands[at + 1]!;
    const book = this.bookOf(number) & pointer;
    if ((commands[at + 3]! | commands[at + 4]! | commands[at + 5]! | commands[at + 6]! | commands[at + 7]!) !== 0 || book === 0)
      return false;
    const { words } = this;
    const slot = this.slotOf(orderId);
    const order = this.ids[slot]! & pointer;
    if (order === 0 || words[book + PHASE] !== continuous) return false;
    const tag = words[order + TAG]!;
    const isSell = tag & 1;
    const level = words[order + LEVEL]! & pointer;
    if ((tag & EXTENDED) !== 0 || words[level + SIDE] !== book + BIDS + isSell * wordsOfSide) return false;

    const price = words[level + KEY]! ^ (0 - isSell);
    const reportHead = (tag & REPORTED) << REPORT_SHIFT;
    this.report(canceledOnRequest | reportHead, number, orderId, price, words[order + QTY]!, 0, tag >>> ACCOUNT_SHIFT, 0);
    this.unlink(order);
    this.releasePlain(order, slot);
    return true;
  }

  /** A replace of a plain order that rests at a price. */
  protected plainReplace(commands: Int32Array, at: number): boolean {
    const orderId = commands[at + 2]!;
    const price = commands[at + 3]!;
    const qty = commands[at + 4]!;
    const number = commands[at + 1]!;
    const book = this.bookOf(number) & pointer;
    if ((commands[at + 5]! | commands[at + 6]! | commands[at + 7]!) !== 0 || book === 0) return false;
    const { words } = this;
    const order = this.find(orderId) & pointer;
    if (order === 0 || !this.#isWithinRules(book, price, qty)) return false;
    const tag = words[order + TAG]!;
    const isSell = tag & 1;
    const side = book + BIDS + isSell * wordsOfSide;
    const level = words[order + LEVEL]! & pointer;
    if ((tag & (EXTENDED | POST_ONLY)) !== 0 || words[level + SIDE] !== side) return false;
    const key = price ^ (0 - isSell);
    const group = ((tag >>> groupShift) & modeBits) === allow ? 0 : this.groupOf(tag >>> ACCOUNT_SHIFT);
    if (group !== 0 && this.meetsGroup(this.oppositeOf(book, isSell), ~key, qty, group)) return false;

    this.report(replaced | ((tag & REPORTED) << REPORT_SHIFT), number, orderId, price, qty, qty, tag >>> ACCOUNT_SHIFT, qty);
    if (words[level | KEY] === key && qty <= words[order | QTY]!) words[order | QTY] = qty;
    else this.#moveTo(book, side, key, order, qty);
    return true;
  }

  /** An order leaves its level and comes anew, with another quantity: it may trade first. */
  #moveTo(book: number, side: number, key: number, order: number, qty: number): void {
    this.unlink(order);
    const orderId = this.words[order | ID]!;
    const tag = this.words[order | TAG]!;
    const opposite = this.oppositeOf(book, tag & 1);
    let left = qty;
    if (this.crosses(opposite, key)) left = this.take(book, opposite, ~key, qty, orderId, tag);
    if (left !== 0) {
      const level = this.levelFor(side, key);
      this.words[order | QTY] = left;
      this.append(order, level);
    } else this.release(order, this.slotOf(orderId));
    if (left !== qty && this.words[book | ANNEX] !== 0) this.triggerStops(book);
  }
}
