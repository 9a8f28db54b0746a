/** Every failpoint, so that the crash tests can prove that each was hit. Add yours here. */
export const failpointNames = [
  'journal.before-append',
  'journal.after-append',
  'journal.before-publish',
  'relay.before-watermark',
  'reader.after-effect',
  'orders.after-commit',
  'orders.before-dispatch',
  'orders.before-fold',
  'brokers.after-write-ahead',
  'brokers.before-report',
  'matching.after-commit',
] as const;

export type FailpointName = (typeof failpointNames)[number];
