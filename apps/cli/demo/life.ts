/** An order's life in a few lines: who did what, and how long each hop took. */
import { type ExplainOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { statusWord } from '../words.js';
import { table } from '../table.js';
import { type Symbols, titleOf } from '../show.js';

export function showHops({ order, entries }: ExplainOrderResponse, symbols: Symbols): string {
  const first = entries[0]?.atMs ?? 0;
  const columns = [{ heading: 'ms', isFigure: true }, { heading: 'hop', isFigure: true }, { heading: 'process' }, { heading: 'what' }];
  const rows = entries.map(({ atMs, sinceFormerMs, process, title, reason }) => [
    String(atMs - first),
    sinceFormerMs === 0 ? '' : `+${sinceFormerMs}`,
    process,
    reason === '' ? title : `${title} (${reason})`,
  ]);
  return `${order === undefined ? '' : `${titleOf(order, symbols)}: ${statusWord(order.ordStatus)}\n`}${table(columns, rows)}`;
}
