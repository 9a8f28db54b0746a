import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c } from './crc32c.js';
import { kafkajsModule } from './kafkajs-module.js';

const slowly = kafkajsModule<(bytes: Uint8Array) => number>('protocol/recordBatch/crc32C');

it('is what kafkajs computes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1_000 }), (bytes) => expect(crc32c(bytes)).toBe(slowly(bytes))));
});

it('is what RFC 3720 says for bytes of zero, of one, and rising', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});
