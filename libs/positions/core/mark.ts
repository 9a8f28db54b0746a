// What an open position is worth now. Without a quote that is unknown, and unknown is not zero.
import { Money, notional, notionalToMoney, type Price } from '@switchyard/kernel';
import { openCostOf, type Position } from './position.js';

/** A price at which positions are valued. */
export interface Mark {
  readonly px: Price;
  /** When the quote was made. */
  readonly atMs: number;
}

/** Unrealised P&L at the mark; zero for a flat position, whatever its quote; undefined for an open one without a mark. */
export function unrealisedPnlOf(position: Position, mark: Mark | undefined): Money | undefined {
  if (position.netQty === 0n) return Money.zero;
  return mark && Money.fromScaled(notionalToMoney(notional(mark.px, position.netQty), 'half-even') - openCostOf(position));
}
