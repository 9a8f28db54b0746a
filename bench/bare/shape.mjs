/**
 * What one order weighs. The sizes are those of the platform's encoded messages for a limit order that fills at once, so that the bare pipeline moves
 * and stores as many bytes; nothing in here is about trading.
 */
export const shape = Object.freeze({
  /** Accounts, each with a stream of its own. */
  streams: 16,
  /** Most entries of one statement, and most items of one frame. */
  entriesPerStatement: 512,
  itemsPerFrame: 256,
  /** How long the relay gathers rows before it publishes. */
  relayLingerMs: 0,
  relayBatchRows: 500,
  watermarkMs: 100,
  offsetCommitMs: 250,
  partitions: 24,
  bytes: Object.freeze({
    request: 130,
    reply: 330,
    check: 130,
    verdict: 60,
    /** The payload of a journal row of an account. */
    event: 420,
    /** The order's own row. */
    orderState: 500,
    command: 260,
    newOrder: 130,
    execution: 210,
    venueEvent: 620,
    report: 260,
  }),
});

/** What happens to an order after it was accepted: confirmed by the venue, then traded. Each is a report and a journal row. */
export const KIND = Object.freeze({ accepted: 1, confirmed: 2, traded: 3 });
