// The reports of the fast engine: written where the caller reads them.
import { tagBits } from './fast-layout.js';
import { FastMemory } from './fast-memory.js';
import { type EngineReason, ReportKind, reportWords, Role, roleShift, reasonShift } from './report.js';

const { ACCOUNT_SHIFT, REPORTED, REPORT_SHIFT } = tagBits;
const initialWords = 1 << 13;
/** Half a megabyte is kept; more shrinks again when it is not used. */
const wordsToKeep = 1 << 17;
const wordsOfReport = reportWords;
/** Changes no place of a report: V8 then knows that it is one, and that a word behind it is no larger number than it handles. */
const reportAt = 0x3ffffff8;
/** A trade is two reports. */
const wordsOfTrade = 2 * reportWords;
const tradeByMaker = ReportKind.TRADE | (Role.MAKER << roleShift);
const tradeByTaker = ReportKind.TRADE | (Role.TAKER << roleShift);
const tradeInAuction = ReportKind.TRADE | (Role.AUCTION << roleShift);

/** The part of a report's word 0 that tells of the order. */
export function reportHead(tag: number): number {
  return (tag & REPORTED) << REPORT_SHIFT;
}

export class FastReports extends FastMemory {
  reports = new Int32Array(initialWords);
  reportsLength = 0;
  /** Where a trade can still begin. */
  protected reportsRoom = initialWords - wordsOfTrade;
  /** Reports before those that are held. */
  protected reportsBefore = 0;
  /** Number of the last trade, low 32 bits, and the whole number of a trade not far before it. */
  protected tradeLow = 0;
  protected tradesBefore = 0;

  get reportSeq(): number {
    return this.reportsBefore + this.reportsLength / wordsOfReport;
  }

  get tradeNo(): number {
    return this.tradesBefore + ((this.tradeLow - (this.tradesBefore | 0)) >>> 0);
  }

  clearReports(): void {
    const used = this.reportsLength;
    this.reportsBefore = this.reportSeq;
    this.reportsLength = 0;
    const { length } = this.reports;
    if (length > wordsToKeep && used < length >>> 3) this.#holdReportsIn(new Int32Array(length >>> 1));
  }

  #growReports(): void {
    const grown = new Int32Array(this.reports.length * 2);
    grown.set(this.reports);
    this.#holdReportsIn(grown);
  }

  #holdReportsIn(words: Int32Array<ArrayBuffer>): void {
    this.reports = words;
    this.reportsRoom = words.length - wordsOfTrade;
  }

  /** Writes one report. */
  protected report(
    head: number,
    book: number,
    orderId: number,
    price: number,
    qty: number,
    leavesQty: number,
    account: number,
    last: number,
  ): void {
    const at = this.reportsLength & reportAt;
    if (at > this.reportsRoom) this.#growReports();
    const { reports } = this;
    reports[at] = head;
    reports[at + 1] = book;
    reports[at + 2] = orderId;
    reports[at + 3] = price;
    reports[at + 4] = qty;
    reports[at + 5] = leavesQty;
    reports[at + 6] = account;
    reports[at + 7] = last;
    this.reportsLength = at + wordsOfReport;
  }

  /** Both sides of a trade of an incoming order. Heads are those of `reportHead`. */
  protected reportTrade(
    book: number,
    price: number,
    qty: number,
    makerId: number,
    makerTag: number,
    makerLeaves: number,
    takerId: number,
    takerTag: number,
    takerLeaves: number,
  ): void {
    const at = this.reportsLength & reportAt;
    if (at > this.reportsRoom) this.#growReports();
    const { reports } = this;
    const tradeNo = (this.tradeLow + 1) | 0;
    this.tradeLow = tradeNo;
    reports[at] = tradeByMaker | ((makerTag & REPORTED) << REPORT_SHIFT);
    reports[at + 1] = book;
    reports[at + 2] = makerId;
    reports[at + 3] = price;
    reports[at + 4] = qty;
    reports[at + 5] = makerLeaves;
    reports[at + 6] = makerTag >>> ACCOUNT_SHIFT;
    reports[at + 7] = tradeNo;
    reports[at + 8] = tradeByTaker | ((takerTag & REPORTED) << REPORT_SHIFT);
    reports[at + 9] = book;
    reports[at + 10] = takerId;
    reports[at + 11] = price;
    reports[at + 12] = qty;
    reports[at + 13] = takerLeaves;
    reports[at + 14] = takerTag >>> ACCOUNT_SHIFT;
    reports[at + 15] = tradeNo;
    this.reportsLength = at + wordsOfTrade;
  }

  /** One side of the last trade, in an auction. */
  protected reportAuctionTrade(book: number, price: number, qty: number, orderId: number, tag: number, leavesQty: number): void {
    this.report(tradeInAuction | reportHead(tag), book, orderId, price, qty, leavesQty, tag >>> ACCOUNT_SHIFT, this.tradeLow);
  }

  /** What happened to an order. */
  protected reportEffect(
    kind: ReportKind,
    reason: EngineReason,
    tag: number,
    book: number,
    orderId: number,
    price: number,
    qty: number,
    leavesQty: number,
    shownQty: number,
  ): void {
    this.report(kind | (reason << reasonShift) | reportHead(tag), book, orderId, price, qty, leavesQty, tag >>> ACCOUNT_SHIFT, shownQty);
  }

  /** The command at `at` is refused. @param head the order's part of word 0; 0 when it is about no order. */
  protected reportRejected(words: Int32Array, at: number, reason: EngineReason, head: number, leavesQty: number, account: number): void {
    const kind = ReportKind.REJECTED | (reason << reasonShift) | head;
    this.report(kind, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + 4]!, leavesQty, account, 0);
  }

  protected reportDone(type: number, book: number, price: number, count: number): void {
    this.report(ReportKind.DONE, book, type, price, count, 0, 0, 0);
  }
}
