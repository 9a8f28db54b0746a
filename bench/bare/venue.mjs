/** Writes each order with its executions to files, then sends them; the journal gets them later, and nobody waits for it. It notes when the order's first byte was here. */
import { dueMsOf, follow } from './items.mjs';
import { KIND, shape } from './shape.mjs';
import { VenueLog } from './venue-log.mjs';

const { bytes } = shape;

export const venueExtra = { ctes: () => '', params: () => [] };

/** @param onArrival called with the milliseconds since the order was due */
export function startVenue({ journal, folder, connector, monotonicMs, onArrival }) {
  const counts = { taken: 0 };
  const tell = (orders, events) => {
    for (const [at, order] of orders.entries()) {
      counts.taken += 1;
      connector.send(follow(order, bytes.execution, KIND.confirmed));
      connector.send(follow(order, bytes.execution, KIND.traded));
      journal.append({ entries: [{ stream: 'venue', key: 'session-1', payload: events[at] }], done: () => undefined });
    }
  };
  const log = new VenueLog(folder, (order) => follow(order, bytes.venueEvent), tell);
  connector.onItems = (orders) => {
    const nowMs = monotonicMs();
    for (const order of orders) {
      onArrival(nowMs - dueMsOf(order));
      // What came in a frame is a part of it: the log keeps its own.
      log.append(Buffer.from(order));
    }
  };
  return { counts };
}
