import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeProduce, type ProduceFields, produceRequestSlowly } from './kafka-produce.js';
import { kafkajsModule } from './kafkajs-module.js';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 9_000 }).map((array) => Buffer.from(array));
const field = fc.oneof(text, bytes);
const message = fc.record({
  key: fc.option(field, { nil: null }),
  value: fc.option(field, { nil: null }),
  timestamp: fc.integer({ min: 1_000_000_000_000, max: 2_000_000_000_000 }).map(String),
  headers: fc.dictionary(text, field, { maxKeys: 70 }),
});
const partition = fc.record({
  partition: fc.nat(),
  firstSequence: fc.nat(),
  messages: fc.array(message, { minLength: 1, maxLength: 5 }),
});
const request = fc.record<ProduceFields>({
  transactionalId: fc.constantFrom(null, 'payments-1'),
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
  producerEpoch: fc.nat({ max: 32_767 }),
  topicData: fc.array(fc.record({ topic: text, partitions: fc.array(partition, { maxLength: 3 }) }), { maxLength: 3 }),
});

const slowly = async (fields: ProduceFields): Promise<Buffer> => (await produceRequestSlowly(fields).encode()).buffer;

describe('encodeProduce', () => {
  it('writes the bytes that kafkajs writes', () =>
    fc.assert(
      fc.asyncProperty(request, async (fields) => {
        expect(encodeProduce(fields).equals(await slowly(fields))).toBe(true);
      }),
      { numRuns: 100 },
    ));

  it('does so for requests of any length, one after the other', async () => {
    for (const length of [0, 1, 30, 63, 64, 8_100, 8_191, 8_192, 300_000, 5]) {
      const messages = [{ value: Buffer.alloc(length, 7), timestamp: '1763793829123' }];
      const fields = { acks: -1, timeout: 5_000, topicData: [{ topic: 'a', partitions: [{ partition: 3, messages }] }] };
      expect(encodeProduce(fields).equals(await slowly(fields))).toBe(true);
    }
  });

  it('begins anew after a request that could not be written', async () => {
    const fieldsOf = (timestamp: string): ProduceFields => {
      const messages = [{ value: 'x', timestamp }];
      return { acks: -1, timeout: 5_000, topicData: [{ topic: 'a', partitions: [{ partition: 3, messages }] }] };
    };
    expect(() => encodeProduce(fieldsOf('soon'))).toThrow();
    expect(encodeProduce(fieldsOf('5')).equals(await slowly(fieldsOf('5')))).toBe(true);
  });

  it('is what kafkajs sends, in each version that a broker may ask for', async () => {
    const versions = kafkajsModule<{ versions: string[]; protocol(options: object): (fields: object) => { request: typeof produce } }>(
      'protocol/requests/produce',
    );
    const fields = {
      acks: -1,
      timeout: 5_000,
      topicData: [{ topic: 'a', partitions: [{ partition: 3, messages: [{ value: 'x', timestamp: '5' }] }] }],
    };
    const produce = produceRequestSlowly(fields);
    for (const version of [3, 4, 5, 6, 7]) {
      const { request: ours } = versions.protocol({ version })(fields);
      expect({ ...ours, encode: undefined, expectResponse: ours.expectResponse() }).toEqual({
        apiKey: 0,
        apiName: 'Produce',
        apiVersion: version,
        expectResponse: true,
      });
      expect((await ours.encode()).buffer.equals((await produce.encode()).buffer)).toBe(true);
    }
  });
});
