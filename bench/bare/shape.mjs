/**
 * What one order weighs. The sizes are those of the platform's encoded messages for a limit order that fills at once, so that the bare pipeline moves
 * and stores as many bytes; nothing in here is about trading.
 */
export const shape = Object.freeze({
  /** Accounts, each with a stream of its own. */
  streams: 8,
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
    request: 60,
    reply: 160,
    check: 190,
    verdict: 120,
    /** Payload of the journal row of an account: with the order and risk's decision, then of each report. */
    accepted: 480,
    followed: 320,
    /** The order's own row. */
    orderState: 650,
    command: 240,
    newOrder: 120,
    execution: 190,
    venueEvent: 530,
    report: 200,
    /** A report on its way: with sequence, hash and trace context. */
    reportRow: 290,
  }),
});

/** What happens to an order after it was accepted: confirmed by the venue, then traded. Each is a report and a journal row. */
export const KIND = Object.freeze({ accepted: 1, confirmed: 2, traded: 3 });
