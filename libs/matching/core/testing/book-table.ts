// Books as tables: one command a line, what it must answer after the bar.
import { OrdType, Side, TimeInForce } from '@switchyard/contracts';
import { type DepthLevel, type MatchingEngine, type Placement } from '../engine.js';

/**
 * Runs a table against an engine, book 0, and returns it with the engine's own answers, to be compared with the table as written:
 *   1 buy 10 @100 DAY | rests 10      order 1; `@100` is left out for MARKET
 *   replace 1 5 @101  | rests 5       new open quantity and price
 *   cancel 1          | 5
 *   book              | 100x5 / 101x7 102x1
 */
export function answerTable(engine: MatchingEngine, table: string): string {
  return rows(table)
    .map((line) => {
      const [command = ''] = line.split('|');
      return row(command.trim(), answer(engine, command.trim().split(/\s+/)));
    })
    .join('\n');
}

/** The table as written, in the form in which `answerTable` returns it. */
export function expectedTable(table: string): string {
  return rows(table)
    .map((line) => {
      const [command = '', expected = ''] = line.split('|');
      return row(command.trim(), expected.trim());
    })
    .join('\n');
}

function rows(table: string): string[] {
  return table.split('\n').filter((line) => line.trim() !== '');
}

function row(command: string, answered: string): string {
  return `${command.replace(/\s+/g, ' ').padEnd(24)} | ${answered}`;
}

function answer(engine: MatchingEngine, words: string[]): string {
  const [first = '', second = '', third = '', fourth = ''] = words;
  if (first === 'book') return `${side(engine.depth(0, Side.BUY, 50))} / ${side(engine.depth(0, Side.SELL, 50))}`;
  if (first === 'cancel') return String(engine.cancel(Number(second)) ?? 'unknown');
  if (first === 'replace') return placement(engine.replace(Number(second), price(fourth), Number(third)));
  const isMarket = !fourth.startsWith('@');
  const timeInForce = (isMarket ? fourth : words[4]) ?? 'DAY';
  return placement(
    engine.place({
      orderId: Number(first),
      book: 0,
      side: second === 'buy' ? Side.BUY : Side.SELL,
      ordType: isMarket ? OrdType.MARKET : OrdType.LIMIT,
      timeInForce: timeInForce === 'FOK' ? TimeInForce.FOK : timeInForce === 'IOC' ? TimeInForce.IOC : TimeInForce.DAY,
      price: isMarket ? 0 : price(fourth),
      qty: Number(third),
    }),
  );
}

function price(word: string): number {
  return Number(word.slice(1));
}

function side(levels: readonly DepthLevel[]): string {
  return levels.length === 0
    ? '-'
    : levels.map((level) => `${level.price}x${level.qty}${level.orders === 1 ? '' : `(${level.orders})`}`).join(' ');
}

function placement(result: Placement | undefined): string {
  if (result === undefined) return 'unknown';
  const fills = result.fills.map((fill) => `${fill.makerOrderId}:${fill.qty}@${fill.price}`);
  return [...fills, result.outcome, ...(result.leavesQty === 0 ? [] : [String(result.leavesQty)])].join(' ');
}
