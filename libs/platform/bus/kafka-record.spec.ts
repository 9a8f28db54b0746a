import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type BatchContext, decodeRecord, decodeRecordSlowly } from './kafka-record.js';
import { kafkajsModule } from './kafkajs-module.js';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 700 }).map((array) => Buffer.from(array));
const record = fc.record({
  offsetDelta: fc.nat({ max: 100_000 }),
  timestampDelta: fc.nat({ max: 100_000_000 }),
  key: fc.option(fc.oneof(text, bytes), { nil: null }),
  value: fc.option(fc.oneof(text, bytes), { nil: null }),
  headers: fc.dictionary(text, fc.oneof(text, bytes, fc.array(fc.oneof(text, bytes), { maxLength: 3 })), { maxKeys: 70 }),
});

describe('decodeRecord', () => {
  const Decoder = kafkajsModule<new (buffer: Buffer) => { buffer: Buffer; readVarIntBytes(): Buffer }>('protocol/decoder');
  const encodeRecord = kafkajsModule<(fields: object) => { buffer: Buffer }>('protocol/recordBatch/record/v0');
  const batch = fc.record<BatchContext>({
    firstOffset: fc.nat().map(String),
    firstTimestamp: fc.nat({ max: 2_000_000_000_000 }).map(String),
    maxTimestamp: fc.nat({ max: 2_000_000_000_000 }).map(String),
    magicByte: fc.constant(2),
    timestampType: fc.constantFrom(-1, 0, 1),
    isControlBatch: fc.boolean(),
  });
  const decodersOf = (fields: object) => {
    // A batch has the length before each record.
    const bytesOfRecord = new Decoder(encodeRecord(fields).buffer).readVarIntBytes();
    return [new Decoder(bytesOfRecord), new Decoder(bytesOfRecord)] as const;
  };

  it('reads the message that kafkajs reads', () => {
    // What every object has by itself kafkajs takes for an earlier header of that name.
    const isLikeAnyOther = ({ headers }: { headers: object }): boolean => !Object.keys(headers).some((name) => name in {});
    fc.assert(
      fc.property(record.filter(isLikeAnyOther), batch, (fields, context) => {
        const [mine, theirs] = decodersOf(fields);
        expect(decodeRecord(mine, context)).toEqual(decodeRecordSlowly(theirs, context));
      }),
      { numRuns: 200 },
    );
  });

  it('reads a header whatever its name is', () => {
    const context: BatchContext = { firstOffset: '7', firstTimestamp: '0', maxTimestamp: '0', magicByte: 2, timestampType: 0 };
    const headers = Object.fromEntries(['__proto__', 'constructor', 'toString'].map((name) => [name, Buffer.from(name)]));
    const [mine] = decodersOf({ key: null, value: null, headers });
    expect(Object.entries(decodeRecord(mine, context).headers)).toEqual(Object.entries(headers));
  });

  it('reads times before the first of the batch, and a header that has no value', () => {
    const context: BatchContext = { firstOffset: '7', firstTimestamp: '1000', maxTimestamp: '1000', magicByte: 2, timestampType: 0 };
    // By hand: kafkajs does not write it.
    const bytes = Buffer.from([0, 0x8f, 0x03, 0, 1, 1, 2, 8, ...Buffer.from('none'), 1]);
    const [mine, theirs] = [new Decoder(bytes), new Decoder(bytes)];
    const message = decodeRecord(mine, context);
    expect(message).toMatchObject({ timestamp: '800', offset: '7', headers: { none: null }, isControlRecord: false });
    expect(message).toEqual(decodeRecordSlowly(theirs, context));
  });
});
