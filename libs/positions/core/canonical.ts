// One text for one state: two folds are equal when these lines are, byte for byte.
import { formatDecimal, type Money } from '@switchyard/kernel';
import { type Posting } from './ledger.js';
import { type Position, positionKeyOf } from './position.js';

/** A line of a posting; they are told in order of (accountSeq, line). */
export function canonicalPosting({ accountSeq, line, book, currency, amount, text, atMs, ref }: Posting): string {
  return `${JSON.stringify(['posting', accountSeq, line, book, currency, formatDecimal(amount), text, atMs, ref])}\n`;
}

/** The lines of what an account has: its sequence, its positions in order of key, its cash in order of currency. */
export function canonicalAccount(accountSeq: number, positions: readonly Position[], cash: ReadonlyMap<string, Money>): string {
  const lines: unknown[][] = [['account', accountSeq]];
  const inOrder = positions.map((position) => [positionKeyOf(position), position] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, position] of inOrder) {
    const { currency, netQty, openNotional, boughtQty, soldQty, boughtNotional, soldNotional, fees } = position;
    lines.push([
      'position',
      key,
      currency,
      ...[netQty, openNotional, boughtQty, soldQty, boughtNotional, soldNotional, fees].map(String),
      position.accountSeq,
    ]);
  }
  for (const [currency, balance] of [...cash].sort(([a], [b]) => (a < b ? -1 : 1))) lines.push(['cash', currency, formatDecimal(balance)]);
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
