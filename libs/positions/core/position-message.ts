// A position as the API and the topic say it.
import { type Position as PositionMessage } from '@switchyard/contracts/gen/positions/v1/service';
import { formatDecimal } from '@switchyard/kernel';
import { type Mark, unrealisedPnlOf } from './mark.js';
import { avgPxOf, netRealisedPnlOf, type Position, realisedPnlOf } from './position.js';

/** @param mark undefined: no quote is known, and the fields that need one are empty. */
export function toPositionMessage(position: Position, mark: Mark | undefined, stale: boolean): PositionMessage {
  const unrealisedPnl = unrealisedPnlOf(position, mark);
  return {
    accountId: position.accountId,
    brokerAccountId: position.brokerAccountId,
    instrumentId: position.instrumentId,
    product: position.product,
    netQty: formatDecimal(position.netQty),
    avgPx: formatDecimal(avgPxOf(position)),
    realisedPnl: formatDecimal(realisedPnlOf(position)),
    unrealisedPnl: unrealisedPnl === undefined ? '' : formatDecimal(unrealisedPnl),
    markPx: mark === undefined ? '' : formatDecimal(mark.px),
    markAtMs: mark?.atMs ?? 0,
    currency: position.currency,
    accountSeq: position.accountSeq,
    stale,
    boughtQty: formatDecimal(position.boughtQty),
    soldQty: formatDecimal(position.soldQty),
    fees: formatDecimal(position.fees),
    netRealisedPnl: formatDecimal(netRealisedPnlOf(position)),
  };
}
