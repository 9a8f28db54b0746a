import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
}

interface RequestQueuePrototype {
  scheduleCheckPendingRequests(this: RequestQueue): void;
}

let isGuarded = false;

/**
 * For tools and tests that make a client of kafkajs themselves. Version 2.2.4 arms a timer with a negative delay for ever, also on a connection that was
 * closed (Node.js warns: TimeoutNegativeWarning). Armed only while a request waits it does the same work. The platform's own clients have it by `kafkaClient`.
 */
export function guardKafkajsTimers(): void {
  if (isGuarded) return;
  isGuarded = true;
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueuePrototype };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
