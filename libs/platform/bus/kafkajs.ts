/** The kafkajs client, with what version 2.2.4 needs to live well: one guard, quicker ways to write and read messages, and its log kept for those who debug it. */
import './kafka-produce.js';
import './kafka-record.js';
import kafkajs, { type ISocketFactory, type Kafka, type LogEntry } from 'kafkajs';
import { type Logger } from 'pino';
import { kafkajsModule } from './kafkajs-module.js';

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Logger;
  readonly socketFactory?: ISocketFactory;
}

/** A client. It connects to nothing yet. */
export function kafkaClient({ brokers, clientId, log, socketFactory }: ClientOptions): Kafka {
  guardTimers();
  const kafka = log.child({ part: 'kafkajs' });
  return new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    socketFactory,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    // It shouts ERROR at every retry and reconnect. What matters (a crash, rows that were not taken) is said by us, once.
    logCreator:
      () =>
      ({ namespace, log: { message, ...details } }: LogEntry) =>
        kafka.debug({ namespace, ...details }, message),
  });
}

interface RequestQueue {
  readonly pending: readonly unknown[];
}

interface RequestQueuePrototype {
  scheduleCheckPendingRequests(this: RequestQueue): void;
}

let isGuarded = false;

/**
 * kafkajs 2.2.4 arms its timer for throttled requests again and again, with a negative delay, also when no request waits: a thousand wake-ups a second for
 * each connection. Armed only when something is pending it does the same work: `push` arms it after queueing.
 */
function guardTimers(): void {
  if (isGuarded) return;
  isGuarded = true;
  const { prototype } = kafkajsModule<{ prototype: RequestQueuePrototype }>('network/requestQueue');
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
