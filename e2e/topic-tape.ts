/** Everything that a topic holds, read from its beginning as any other team would read it. */
import { randomUUID } from 'node:crypto';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { guardKafkajsTimers } from '@switchyard/infra';
import { Kafka, logLevel } from 'kafkajs';

guardKafkajsTimers();

export interface TapeRow {
  readonly stream: string;
  readonly seq: number;
  readonly accountId: string;
  readonly traceparent: string;
  readonly event: OrderEvent;
}

export class TopicTape {
  readonly rows: TapeRow[] = [];
  readonly #end: () => Promise<void>;

  private constructor(end: () => Promise<void>) {
    this.#end = end;
  }

  /** @param topic with its environment: "sim.orders.v1". */
  static async open(brokers: string, topic: string): Promise<TopicTape> {
    const consumer = new Kafka({
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 1_000, maxRetryTime: 1_000 },
    }).consumer({
      groupId: `e2e-${randomUUID()}`,
    });
    const tape = new TopicTape(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const header = (name: string) => message.headers?.[name]?.toString() ?? '';
        const seq = Number(header('sy-seq'));
        const accountId = message.key?.toString() ?? '';
        tape.rows.push({
          stream: header('sy-stream'),
          seq,
          accountId,
          traceparent: header('traceparent'),
          event: OrderEvent.decode(message.value ?? Buffer.alloc(0)),
        });
        return Promise.resolve();
      },
    });
    return tape;
  }

  /** The rows of an account as a reader takes them who drops what it has seen. */
  of(accountId: string): TapeRow[] {
    let last = 0;
    return this.rows.filter((row) => row.accountId === accountId && row.seq > last && (last = row.seq) > 0);
  }

  close(): Promise<void> {
    return this.#end();
  }
}
