import { describe, expect, it } from '@jest/globals';
import { ORDERS_TOPIC } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { fromMessage, partitioner, toMessage } from './kafka-wire.js';

const row: JournalRow = {
  stream: 'orders/7f',
  seq: 42,
  hash: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'),
  key: 'DEMO',
  payload: Buffer.from([1, 2, 3]),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  atMs: 1_763_719_200_123,
};

/** What a consumer gets of a message: bytes. */
function received(message: ReturnType<typeof toMessage>): Parameters<typeof fromMessage>[0] {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [name, Buffer.from(value as string | Buffer)]),
  );
  return { key: Buffer.from(message.key as string), value: message.value as Buffer, headers };
}

describe('a message', () => {
  it('carries the row and nothing of it is lost', () => {
    expect(fromMessage(received(toMessage(ORDERS_TOPIC, 'sim', row)))).toEqual(row);
    expect(fromMessage(received(toMessage(ORDERS_TOPIC, 'sim', { ...row, traceparent: '' })))).toEqual({ ...row, traceparent: '' });
  });

  it('is a CloudEvent in binary mode', () => {
    expect(toMessage(ORDERS_TOPIC, 'sim', row).headers).toMatchObject({
      'content-type': 'application/protobuf',
      ce_specversion: '1.0',
      ce_id: 'orders/7f/42',
      ce_type: 'orders.v1.OrderEvent',
      ce_source: 'urn:switchyard:sim:order-gateway',
      ce_subject: 'DEMO',
      ce_time: '2025-11-21T10:00:00.123Z',
      traceparent: row.traceparent,
    });
  });

  it('of somebody else is no row', () => {
    expect(fromMessage({ key: null, value: Buffer.from('x'), headers: {} })).toBeUndefined();
  });
});

describe('the partition', () => {
  const partitionMetadata = [...Array(24).keys()].map((partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  const of = (stream: string, key: string, topic = 'sim.orders.v1'): number =>
    partitioner(new Set(['sim.quotes.v1']))()({
      topic,
      partitionMetadata,
      message: toMessage(ORDERS_TOPIC, 'sim', { ...row, stream, key }),
    });

  it.each([
    ['orders/00', 0],
    ['orders/17', 23],
    ['orders/18', 0],
    ['orders/ff', 15],
    ['session/paper-1/7f', 7],
  ])('of %s is its shard modulo 24: %i', (stream, partition) => {
    expect(of(stream, 'A')).toBe(partition);
    expect(of(stream, 'B')).toBe(partition);
  });

  it('of a stream without a shard is the same for every key', () => {
    expect(new Set([...'ABCDEFGH'].map((key) => of('venue', key))).size).toBe(1);
  });

  it('of a topic whose newest rows count depends on the key alone', () => {
    const keys = [...'ABCDEFGH'];
    expect(keys.map((key) => of('quotes/1', key, 'sim.quotes.v1'))).toEqual(keys.map((key) => of('quotes/2', key, 'sim.quotes.v1')));
    expect(new Set(keys.map((key) => of('quotes', key, 'sim.quotes.v1'))).size).toBeGreaterThan(2);
  });
});
