import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeRecord, encodeRecordSlowly } from './kafka-record.js';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const bytes = fc.uint8Array({ maxLength: 700 }).map((array) => Buffer.from(array));
const record = fc.record({
  offsetDelta: fc.nat({ max: 100_000 }),
  timestampDelta: fc.nat({ max: 100_000_000 }),
  key: fc.option(fc.oneof(text, bytes), { nil: null }),
  value: fc.option(fc.oneof(text, bytes), { nil: null }),
  headers: fc.dictionary(text, fc.oneof(text, bytes, fc.array(fc.oneof(text, bytes), { maxLength: 3 })), { maxKeys: 70 }),
});

describe('encodeRecord', () => {
  it('writes the bytes that kafkajs writes', () => {
    fc.assert(
      fc.property(record, (fields) => {
        expect(encodeRecord(fields).buffer.equals(encodeRecordSlowly(fields).buffer)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is what kafkajs takes for nothing given but key and value', () => {
    const fields = { key: Buffer.from('k'), value: Buffer.from('v') };
    expect(encodeRecord(fields).buffer).toEqual(encodeRecordSlowly(fields).buffer);
  });
});
