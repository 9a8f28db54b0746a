// The other end of a depth stream: the book that its messages build.
import { Side } from '@switchyard/contracts';
import { type DepthDelta } from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import { type DepthRow } from '../depth-changes.js';

export class DepthReader {
  /** By side; in the order in which they came. */
  #rows = new Map<Side, DepthRow[]>();

  /** Begins anew: a snapshot builds the book from nothing. */
  clear(): void {
    this.#rows = new Map();
  }

  apply(deltas: readonly DepthDelta[]): void {
    for (const { side, ...row } of deltas) {
      const rows = this.#rows.get(side) ?? [];
      this.#rows.set(side, rows);
      const at = rows.findIndex(({ price, venueOrderId }) =>
        row.venueOrderId === '' ? price === row.price : venueOrderId === row.venueOrderId,
      );
      if (row.qty === '0') {
        assert(at >= 0, 'only what was told can go');
        rows.splice(at, 1);
      } else if (at >= 0) rows[at] = row;
      else rows.push(row);
    }
  }

  /** Best first; orders of one price in time order. */
  side(side: Side): DepthRow[] {
    const sign = side === Side.BUY ? 1 : -1;
    return [...(this.#rows.get(side) ?? [])].sort((one, other) => sign * (Number(other.price) - Number(one.price)));
  }
}
