/** Keeps one consumer of a topic at work until it is stopped: what kafkajs gives up (a Kafka whose group coordinator is not there yet), begins again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Deferred } from '@switchyard/kernel';
import { type Consumer, type ConsumerConfig, type ConsumerRunConfig, type Kafka } from 'kafkajs';
import { type Logger } from 'pino';

const startRetryMsMin = 500;
const startRetryMsMax = 5_000;

export interface Consuming {
  readonly kafka: Kafka;
  readonly consumer: Omit<ConsumerConfig, 'retry' | 'allowAutoTopicCreation'>;
  /** The topic's full name. */
  readonly topic: string;
  readonly run: Omit<ConsumerRunConfig, 'autoCommit'>;
  /** For the log: "the reader position-tracker". */
  readonly what: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** A new consumer, before it connects. */
  opened(consumer: Consumer): void;
  joined(): void;
  /** It does not read now, and why: undefined while there is nothing to say. */
  waiting(why: string): void;
  /** A defect, and not Kafka, broke the consumer: only a new process helps. */
  onFatal(error: Error): void;
}

/** Resolves when the signal ended it, or a defect; the last consumer is left to the caller to disconnect. */
export async function keepConsuming(of: Consuming): Promise<void> {
  const { signal, log, what } = of;
  let waitMs = startRetryMsMin;
  while (!signal.aborted) {
    const consumer = of.kafka.consumer({
      ...of.consumer,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5, restartOnFailure: () => Promise.resolve(!signal.aborted) },
    });
    const ended = new Deferred<Error | undefined>();
    const stop = (): void => ended.resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      waitMs = startRetryMsMin;
      of.joined();
    });
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      of.waiting(error.message);
      if (!restart) return ended.resolve(error);
      log.warn({ reason: error.message }, `${what} lost Kafka; it comes back`);
    });
    of.opened(consumer);
    const isDefect = await begin(of, consumer).then(
      async (): Promise<boolean> => {
        const error = await ended.promise;
        if (error === undefined) return false;
        // A consumer that kafkajs will not restart.
        if (isOfKafka(error)) {
          log.warn({ reason: error.message, waitMs }, `${what} can't read from Kafka yet; it begins again`);
          return false;
        }
        log.fatal({ err: error }, `${what} met a defect`);
        of.onFatal(error);
        return true;
      },
      (error: unknown) => {
        of.waiting(error instanceof Error ? error.message : String(error));
        log.debug({ err: error }, `${what} could not join yet`);
        return false;
      },
    );
    signal.removeEventListener('abort', stop);
    if (isDefect || signal.aborted) return;
    await consumer.disconnect().catch(() => undefined);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(2 * waitMs, startRetryMsMax);
  }
}

async function begin({ topic, run }: Consuming, consumer: Consumer): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ ...run, autoCommit: false });
}

function isOfKafka(error: Error): boolean {
  return error.name.startsWith('KafkaJS') || ('code' in error && typeof error.code === 'string');
}
