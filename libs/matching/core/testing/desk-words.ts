// What specs of the desk ask and hear, one word an execution.
import { OrdType, Reason, Side, TimeInForce, type CallError, type MessageStream, type ServiceCalls } from '@switchyard/contracts';
import { ExecutionKind, NewOrder, type Execution, type MatchingServiceDefinition } from '@switchyard/contracts/gen/matching/v1/service';
import { INFY } from './venue-builder.js';

/** Places an order by a single request; what it caused, one word each. */
export async function placeOrder(
  calls: ServiceCalls<MatchingServiceDefinition>,
  tag: string,
  order: Partial<NewOrder> = {},
  sessionId = 's1',
): Promise<string[]> {
  const base = { tag, brokerAccountId: 'PAPER-1', instrumentId: INFY, side: Side.BUY, orderQty: '10', timeInForce: TimeInForce.DAY };
  const ordType = order.price === undefined ? OrdType.MARKET : OrdType.LIMIT;
  const { executions } = await calls.placeOrder({ sessionId, order: NewOrder.fromPartial({ ...base, ordType, ...order }) }, {});
  return executions.map(word);
}

export function word({ kind, orderTag, lastQty, lastPx, reason }: Execution): string {
  if (kind === ExecutionKind.TRADE) return `${orderTag} ${lastQty}@${lastPx}`;
  return `${orderTag} ${ExecutionKind[kind]}${kind === ExecutionKind.REJECTED ? ` ${Reason[reason]}` : ''}`;
}

/** What a stream of executions brought, and how it ended. */
export function follow(stream: MessageStream<{ executions: Execution[] }, never>): {
  seqs: number[];
  words: string[];
  error: CallError | undefined;
} {
  const heard = { seqs: [] as number[], words: [] as string[], error: undefined as CallError | undefined };
  stream.onMessage(({ executions }) => {
    heard.seqs.push(...executions.map(({ seq }) => seq));
    heard.words.push(...executions.map(word));
  });
  stream.onClose((error) => {
    heard.error = error;
  });
  return heard;
}
