// Where the owner's events are published.
import { EXECUTIONS_TOPIC, hasField, ORDERS_TOPIC, type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';

/** Of OrderEvent. */
const tradeBookedField = 33;
const forAll: readonly Topic[] = [ORDERS_TOPIC];
const forTrades: readonly Topic[] = [ORDERS_TOPIC, EXECUTIONS_TOPIC];

/** orders.v1 has every event, executions.v1 the trades. */
export function topicsOf({ payload }: Pick<JournalRow, 'payload'>): readonly Topic[] {
  return hasField(payload, tradeBookedField) ? forTrades : forAll;
}
