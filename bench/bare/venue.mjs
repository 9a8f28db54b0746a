/** Writes each order with its executions, then sends them. It notes when the order's first byte was here. */
import { dueMsOf, follow } from './items.mjs';
import { KIND, shape } from './shape.mjs';

const { bytes } = shape;

export const venueExtra = { ctes: () => '', params: () => [] };

/** @param onArrival called with the milliseconds since the order was due */
export function startVenue({ journal, connector, monotonicMs, onArrival }) {
  const counts = { taken: 0 };
  connector.onItems = (orders) => {
    const nowMs = monotonicMs();
    for (const order of orders) {
      onArrival(nowMs - dueMsOf(order));
      journal.append({
        entries: [{ stream: 'venue', key: 'session-1', payload: follow(order, bytes.venueEvent) }],
        done: () => {
          counts.taken += 1;
          connector.send(follow(order, bytes.execution, KIND.confirmed));
          connector.send(follow(order, bytes.execution, KIND.traded));
        },
      });
    }
  };
  return { counts };
}
