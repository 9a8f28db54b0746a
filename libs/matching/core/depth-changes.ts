// What changed between two looks at a book, as deltas that bring who saw the first to the second.
import { Side } from '@switchyard/contracts';
import { type DepthDelta } from '@switchyard/contracts/gen/matching/v1/service';

/** A level, or with an id one order of a level. */
export interface DepthRow {
  /** Decimal. */
  readonly price: string;
  /** Decimal. */
  readonly qty: string;
  /** Orders of the level; 1 for an order. */
  readonly orders: number;
  /** Empty for a level. */
  readonly venueOrderId: string;
}

/** Best first; orders of one price in time order. */
export interface DepthSides {
  readonly bids: readonly DepthRow[];
  readonly asks: readonly DepthRow[];
}

export const nothingShown: DepthSides = { bids: [], asks: [] };

/** What goes comes first, then what changes, then what comes, in its order: an order that comes stands last at its price. */
export function depthChanges(before: DepthSides, after: DepthSides): DepthDelta[] {
  return [...sideChanges(Side.BUY, before.bids, after.bids), ...sideChanges(Side.SELL, before.asks, after.asks)];
}

function sideChanges(side: Side, before: readonly DepthRow[], after: readonly DepthRow[]): DepthDelta[] {
  const gone: DepthDelta[] = [];
  const changed: DepthDelta[] = [];
  const come: DepthDelta[] = [];
  const rowsBefore = new Map(before.map((row, at) => [keyOf(row), { row, at }]));
  const kept = new Set<string>();
  // By price: how far behind the last order stands that kept its turn. Who stands further ahead left and came again.
  const lastAt = new Map<string, number>();
  for (const row of after) {
    const key = keyOf(row);
    const known = rowsBefore.get(key);
    const keptItsTurn = known !== undefined && known.row.price === row.price && known.at > (lastAt.get(row.price) ?? -1);
    if (!keptItsTurn) {
      // Behind one that came, everybody came.
      lastAt.set(row.price, Infinity);
      come.push({ side, ...row });
      continue;
    }
    lastAt.set(row.price, known.at);
    kept.add(key);
    if (known.row.qty !== row.qty || known.row.orders !== row.orders) changed.push({ side, ...row });
  }
  for (const [key, { row }] of rowsBefore) if (!kept.has(key)) gone.push({ side, ...row, qty: '0', orders: 0 });
  return [...gone, ...changed, ...come];
}

function keyOf({ price, venueOrderId }: DepthRow): string {
  return venueOrderId === '' ? price : venueOrderId;
}
