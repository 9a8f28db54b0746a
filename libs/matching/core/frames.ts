// Frames of a stream: what one command causes may be more than a message can carry.
import { type Execution } from '@switchyard/contracts/gen/matching/v1/service';

/** Most executions of a frame. */
const executionsMax = 2_000;
/** A frame is closed when its executions have so many bytes: far below what a message of a stream may have (platform: 4 MiB). */
const bytesMax = 1024 * 1024;
/** Numbers, enums and the lengths of texts of an execution. */
const fixedBytes = 160;
const feeBytes = 40;

/** The executions in frames, in order; none is empty. */
export function* executionFrames(executions: readonly Execution[]): Generator<Execution[], void, undefined> {
  let frame: Execution[] = [];
  let bytes = 0;
  for (const execution of executions) {
    const more = bytesAtMost(execution);
    if (frame.length > 0 && (frame.length === executionsMax || bytes + more > bytesMax)) {
      yield frame;
      frame = [];
      bytes = 0;
    }
    frame.push(execution);
    bytes += more;
  }
  if (frame.length > 0) yield frame;
}

/** An answer that a single message carries: the first frame, and how far the executions go. */
export function answerOf(executions: readonly Execution[]): { executions: Execution[]; lastSeq: number } {
  const [first = []] = executionFrames(executions);
  return { executions: first, lastSeq: executions.at(-1)?.seq ?? 0 };
}

/** What a list comes to in parts of so many items; an empty list is one part. */
export function partsOf<T>(items: readonly T[], most: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at === 0 || at < items.length; at += most) parts.push(items.slice(at, at + most));
  return parts;
}

/** More than it has when it is encoded, without encoding it. */
function bytesAtMost(execution: Execution): number {
  const { tag, orderTag, venueOrderId, brokerAccountId, instrumentId, tradeId, text, traceparent, fees } = execution;
  const { lastQty, lastPx, cumQty, leavesQty, orderQty, price, stopPx } = execution;
  const numbers = lastQty.length + lastPx.length + cumQty.length + leavesQty.length + orderQty.length + price.length + stopPx.length;
  const texts = tag.length + orderTag.length + brokerAccountId.length + instrumentId.length + text.length + traceparent.length;
  // A character has at most three bytes.
  return fixedBytes + fees.length * feeBytes + numbers + venueOrderId.length + tradeId.length + 3 * texts;
}
