// Where the owner's events are published.
import { EXECUTIONS_TOPIC, hasField, ORDERS_TOPIC, type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';

/** Fields of OrderEvent. */
const stateField = 6;
const tradeBookedField = 33;
const forAll: readonly Topic[] = [ORDERS_TOPIC];
const forTrades: readonly Topic[] = [ORDERS_TOPIC, EXECUTIONS_TOPIC];

/** orders.v1 has every event, executions.v1 the trades. */
export function topicsOf({ payload }: Pick<JournalRow, 'payload'>): readonly Topic[] {
  return hasField(payload, tradeBookedField) ? forTrades : forAll;
}

/** Whether a reader waits for the event: one of an order that is no trade changes no position. */
export function isAwaited({ payload }: Pick<JournalRow, 'payload'>): boolean {
  return !hasField(payload, stateField) || hasField(payload, tradeBookedField);
}
