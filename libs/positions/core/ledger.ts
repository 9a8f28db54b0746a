// Double entry: every fact that moves money is posted to two or more books, and its postings sum to zero per currency.
import { type CashAdjusted } from '@switchyard/contracts/gen/orders/v1/account_events';
import { Side } from '@switchyard/contracts';
import { err, formatDecimal, Money, ok, type Result } from '@switchyard/kernel';
import { cashFlowOf, chargedFor, openCostOf, type Position, type Trade } from './position.js';

/** One side of a double entry. */
export interface Posting {
  /** account_seq of the fact. */
  readonly accountSeq: number;
  /** 1, 2, 3 … among the postings of the fact. */
  readonly line: number;
  /** "cash", "securities:<instrument>", "realised-pnl" (before fees), "fees:<name of the charge>" or "capital". */
  readonly book: string;
  readonly currency: string;
  /** Debit positive, credit negative: more cash and more securities are debits, as is a charge; a profit and paid-in capital are credits. */
  readonly amount: Money;
  /** What it is for, in words. */
  readonly text: string;
  readonly atMs: number;
  /** The trade or adjustment. */
  readonly ref: string;
}

/** The book whose balance is the account's cash. */
export const cashBook = 'cash';

/**
 * The postings of a trade. The ledger has nine decimals, the position is exact: each book holds the rounded value of the position's exact one, and a posting is the
 * step from one to the next, so that rounding never adds up and the books always agree with the position. Each charge has a book of its own: what came to cash, or
 * left it, is net of them all, and the profit is before them.
 */
export function postingsOfTrade(before: Position, after: Position, trade: Trade, atMs: number): readonly Posting[] {
  const flow = cashFlowOf(after) - cashFlowOf(before);
  const securities = openCostOf(after) - openCostOf(before);
  const text = `${trade.side === Side.BUY ? 'bought' : 'sold'} ${formatDecimal(trade.qty)} ${trade.instrumentId} at ${formatDecimal(trade.px)}`;
  return numbered({ accountSeq: trade.accountSeq, currency: trade.currency, text, atMs, ref: trade.tradeId }, [
    [cashBook, flow - chargedFor(trade)],
    [`securities:${trade.instrumentId}`, securities],
    ['realised-pnl', -(flow + securities)],
    ...trade.charges.map(({ name, amount }) => [`fees:${name}`, amount] as const),
  ]);
}

/** The postings of cash that was put in or taken out; the error is a sentence. */
export function postingsOfCash(adjusted: CashAdjusted, accountSeq: number, atMs: number): Result<readonly Posting[], string> {
  const { adjustmentId, currency, text } = adjusted;
  const amount = Money.parse(adjusted.amount);
  if (!amount.ok) return err(`the amount of adjustment ${adjustmentId} is malformed: ${amount.error.rule}`);
  if (!/^[A-Z]{3}$/.test(currency)) return err(`the currency "${currency}" of adjustment ${adjustmentId} is not three capital letters`);
  return ok(
    numbered({ accountSeq, currency, text: text === '' ? 'cash adjusted' : text, atMs, ref: adjustmentId }, [
      [cashBook, amount.value],
      ['capital', -amount.value],
    ]),
  );
}

function numbered(
  of: Omit<Posting, 'line' | 'book' | 'amount'>,
  amounts: readonly (readonly [book: string, amount: bigint])[],
): readonly Posting[] {
  const moved = amounts.filter(([, amount]) => amount !== 0n);
  return moved.map(([book, amount], at) => ({ ...of, line: at + 1, book, amount: Money.fromScaled(amount) }));
}
