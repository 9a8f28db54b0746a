// An account's positions, cash and ledger: the fold of its facts, in order.
import { type CashAdjusted } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { assertNever, err, Money, ok, type Result } from '@switchyard/kernel';
import { cashBook, type Posting, postingsOfCash, postingsOfTrade } from './ledger.js';
import { foldTrade, noPosition, type Position, positionKeyOf, readTrade, type Trade, tradeContentOf, tradeKeyOf } from './position.js';

/** A trade that was folded before. */
export interface BookedTrade {
  readonly accountId: string;
  readonly content: string;
}

/** What a fact did. */
export interface Folded {
  readonly postings: readonly Posting[];
  /** The position after it, where it is a trade that was not folded before. */
  readonly position?: Position;
  /** That trade. */
  readonly trade?: Trade;
}

const nothing: Folded = Object.freeze({ postings: [] });

/** Changes as facts are folded; after a refusal it is thrown away. */
export class AccountBook {
  readonly accountId: string;
  readonly #trades: Map<string, BookedTrade>;
  readonly #positions = new Map<string, Position>();
  readonly #cash = new Map<string, Money>();
  #accountSeq = 0;

  /** @param trades trades folded before, by `tradeKeyOf`: at least those that come again. Books that share a broker account share it. */
  constructor(accountId: string, trades = new Map<string, BookedTrade>()) {
    this.accountId = accountId;
    this.#trades = trades;
  }

  /** account_seq of the last fact folded. */
  get accountSeq(): number {
    return this.#accountSeq;
  }

  get positions(): readonly Position[] {
    return [...this.#positions.values()];
  }

  /** Balance by currency. */
  get cash(): ReadonlyMap<string, Money> {
    return this.#cash;
  }

  /** Takes over what was stored. */
  restore(accountSeq: number, positions: readonly Position[], cash: ReadonlyMap<string, Money>): void {
    this.#accountSeq = accountSeq;
    for (const position of positions) this.#positions.set(positionKeyOf(position), position);
    for (const [currency, balance] of cash) this.#cash.set(currency, balance);
  }

  /** Folds the next fact; the error is a sentence: the fact can't be applied, now or later, until somebody acts. */
  fold(event: OrderEvent): Result<Folded, string> {
    if (event.accountId !== this.accountId) return err(`a fact of account ${event.accountId} came under the key ${this.accountId}`);
    if (event.accountSeq <= this.#accountSeq) return err(`account_seq ${event.accountSeq} comes after ${this.#accountSeq}`);
    const folded = this.#foldBody(event);
    if (folded.ok) {
      this.#accountSeq = event.accountSeq;
      for (const posting of folded.value.postings) {
        if (posting.book === cashBook)
          this.#cash.set(posting.currency, Money.fromScaled((this.#cash.get(posting.currency) ?? 0n) + posting.amount));
      }
    }
    return folded;
  }

  #foldBody(event: OrderEvent): Result<Folded, string> {
    const body = event.event;
    if (body === undefined) return err('this version does not know the fact: it may move money');
    switch (body.$case) {
      case 'tradeBooked':
        return this.#foldTrade(event, body.value);
      case 'cashAdjusted':
        return this.#foldCash(event, body.value);
      case 'accountOpened':
      case 'accountChanged':
      case 'tradingStateChanged':
      case 'cancelAllRequested':
      case 'orderAccepted':
      case 'orderDenied':
      case 'cancelRequested':
      case 'replaceRequested':
      case 'requestDenied':
      case 'orderConfirmed':
      case 'orderRejected':
      case 'orderReplaced':
      case 'orderCanceled':
      case 'orderExpired':
      case 'requestRejected':
      case 'requestInDoubt':
      case 'doubtResolved':
      case 'orderTriggered':
      case 'orderRestated':
        return ok(nothing);
      default:
        return assertNever(body, 'the fact of an account');
    }
  }

  #foldTrade(event: OrderEvent, booked: TradeBooked): Result<Folded, string> {
    const read = readTrade(this.accountId, event.accountSeq, booked);
    if (!read.ok) return read;
    const trade = read.value;
    const content = tradeContentOf(trade);
    const former = this.#trades.get(tradeKeyOf(trade));
    if (former?.accountId === this.accountId && former.content === content) return ok(nothing); // The same fill, told again.
    if (former !== undefined) {
      return err(
        `trade ${trade.tradeId} of ${trade.brokerAccountId} was booked for ${former.accountId} as "${former.content}", and now comes as "${content}"`,
      );
    }
    const before = this.#positions.get(positionKeyOf(trade)) ?? noPosition(trade);
    if (before.currency !== trade.currency)
      return err(`trade ${trade.tradeId} is in ${trade.currency}, but its position is in ${before.currency}`);
    const position = foldTrade(before, trade);
    this.#trades.set(tradeKeyOf(trade), { accountId: this.accountId, content });
    this.#positions.set(positionKeyOf(trade), position);
    return ok({ postings: postingsOfTrade(before, position, trade, event.atMs), position, trade });
  }

  #foldCash(event: OrderEvent, adjusted: CashAdjusted): Result<Folded, string> {
    const postings = postingsOfCash(adjusted, event.accountSeq, event.atMs);
    return postings.ok ? ok({ postings: postings.value }) : postings;
  }
}
