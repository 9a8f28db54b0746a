import { type Calls, TOPICS } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '../bus/index.js';
import { type Logger } from '../log/index.js';
import { tracePort } from '../telemetry/index.js';

export interface BusFacts {
  readonly processName: string;
  readonly environment: 'sim' | 'live';
  /** Kafka, or the readers of this process where absent. */
  readonly kafkaBrokers: readonly string[] | undefined;
  readonly kafkaSessionTimeoutMs: number;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  onFatal(error: Error): void;
}

/** Opens the bus. kafkajs is loaded only where there is Kafka. */
export async function openBus({ kafkaBrokers, kafkaSessionTimeoutMs, ...facts }: BusFacts): Promise<EventBus> {
  const environment = { calls: facts.calls, clock: facts.clock, log: facts.log, trace: tracePort };
  if (kafkaBrokers === undefined) {
    const { DirectBus } = await import('../bus/direct-bus.js');
    return new DirectBus(environment);
  }
  const { KafkaBus } = await import('../bus/kafka-bus.js');
  return new KafkaBus({
    ...environment,
    brokers: kafkaBrokers,
    prefix: `${facts.environment}.`,
    environment: facts.environment,
    processName: facts.processName,
    // In live somebody administers Kafka, with replication that we don't guess.
    create: facts.environment === 'sim' ? { topics: TOPICS } : undefined,
    onFatal: facts.onFatal,
    // Kafka wants a third of the timeout or less between two heartbeats.
    settings: { sessionTimeoutMs: kafkaSessionTimeoutMs, heartbeatIntervalMs: Math.floor(kafkaSessionTimeoutMs / 4) },
  });
}
