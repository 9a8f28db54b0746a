// The venue's messages and ours, both ways; pure.
import { type CancelRequest, type Execution, type ReplaceRequest, type SubmitRequest } from '@switchyard/connectors-port';
import { OrdType, protectionDefault, Reason } from '@switchyard/contracts';
import {
  ExecutionKind,
  type Execution as VenueExecution,
  type NewOrder,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';

/** A MARKET or STOP order always has a protection: what it was worth at its worst, when it was decided, is then what the venue keeps it to. */
export function toNewOrder({ tag, brokerAccountId, instrumentId, content, traceparent }: SubmitRequest): VenueCommand {
  const { side, ordType, timeInForce, orderQty, price, stopPx, displayQty, marketProtection } = content;
  const { selfTradePrevention, postOnly, expireAtMs, product } = content;
  const value: NewOrder = {
    tag,
    brokerAccountId,
    instrumentId,
    side,
    ordType,
    timeInForce,
    orderQty,
    price: price ?? '',
    stopPx: stopPx ?? '',
    displayQty: displayQty ?? '',
    marketProtection: marketProtection ?? (ordType === OrdType.MARKET || ordType === OrdType.STOP ? protectionDefault : ''),
    selfTradePrevention,
    postOnly,
    expireAtMs,
    product,
  };
  return { command: { $case: 'newOrder', value }, traceparent };
}

export function toReplace({ tag, targetTag, content, traceparent }: ReplaceRequest): VenueCommand {
  const { orderQty, price = '', stopPx = '' } = content;
  return { command: { $case: 'replace', value: { tag, targetTag, orderQty, price, stopPx } }, traceparent };
}

export function toCancel({ tag, targetTag, traceparent }: CancelRequest): VenueCommand {
  return { command: { $case: 'cancel', value: { tag, targetTag } }, traceparent };
}

/** The execution in our words; undefined for a kind that this version does not know. `cursor` is empty for what a look-up found. */
export function toExecution(from: VenueExecution, cursor: string): Execution | undefined {
  const { tag, orderTag, brokerAccountId, instrumentId, atMs, traceparent, reason, text } = from;
  const base = {
    executionId: String(from.seq),
    cursor,
    tag,
    orderTag,
    brokerOrderId: from.venueOrderId,
    brokerAccountId,
    instrumentId,
    cumQty: given(from.cumQty),
    atMs,
    traceparent,
  };
  switch (from.kind) {
    case ExecutionKind.NEW:
      return { ...base, kind: 'new' };
    case ExecutionKind.TRADE:
      return {
        ...base,
        kind: 'trade',
        tradeId: from.tradeId,
        lastQty: from.lastQty,
        lastPx: from.lastPx,
        liquidity: from.liquidity,
        fees: from.fees,
      };
    case ExecutionKind.CANCELED:
      return { ...base, kind: 'canceled', reason, text };
    case ExecutionKind.REPLACED:
      return { ...base, kind: 'replaced', orderQty: from.orderQty, price: given(from.price), stopPx: given(from.stopPx) };
    case ExecutionKind.TRIGGERED:
      return { ...base, kind: 'triggered', ordType: from.ordType };
    case ExecutionKind.RESTATED:
      return { ...base, kind: 'restated', ordType: from.ordType, orderQty: from.orderQty, price: given(from.price), reason, text };
    case ExecutionKind.EXPIRED:
      return { ...base, kind: 'expired', reason, text };
    case ExecutionKind.REJECTED:
      return { ...base, kind: 'rejected', reason, text };
    case ExecutionKind.UNSPECIFIED:
    case ExecutionKind.UNRECOGNIZED:
    default:
      return undefined; // A later venue may send what this version can't name.
  }
}

/** Empty is not said. */
function given(decimal: string): string | undefined {
  return decimal === '' ? undefined : decimal;
}

/** True for the refusal of a repeated tag: it speaks of the repetition, and says nothing of the request that had the tag first. */
export function isRepetition(execution: VenueExecution): boolean {
  return execution.kind === ExecutionKind.REJECTED && execution.reason === Reason.VENUE_DUPLICATE_TAG;
}
