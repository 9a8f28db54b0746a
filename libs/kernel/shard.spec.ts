import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BrokerRequestId,
  newOrderId,
  OrderId,
  Prng,
  RiskGroupId,
  shardHex,
  shardOf,
  shardOfOrderId,
  shardsCount,
  Tag,
  tagOf,
} from './index.js';

const shards = fc.integer({ min: 0, max: shardsCount - 1 });
const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const noises = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe('shards', () => {
  // From Python's hashlib. They are fixed for ever: a change would lose the owner of every stored order.
  it.each([
    ['desk-1', 221],
    ['rg-1', 203],
    ['default', 55],
  ])('%s is in shard %i', (riskGroupId, shard) => {
    expect(shardOf(RiskGroupId(riskGroupId))).toBe(shard);
  });

  it('are written as two hexadecimal digits', () => {
    expect([0, 9, 10, 255].map(shardHex)).toEqual(['00', '09', '0a', 'ff']);
    for (const shard of [-1, 256, 1.5, Number.NaN]) expect(() => shardHex(shard)).toThrow('Invariant: a shard');
  });
});

describe('newOrderId', () => {
  it('is shard, time, noise', () => {
    expect(newOrderId(203, new Uint8Array(12), 0)).toBe('cb0000000000000000000000');
    expect(newOrderId(203, new Uint8Array(12).fill(0xff), 2 ** 48 - 1)).toBe('cb7zzzzzzzzzzzzzzzzzzzzz');
    expect(
      newOrderId(
        0,
        Uint8Array.from({ length: 12 }, (_, at) => at),
        33,
      ),
    ).toBe('0000000000110123456789ab');
  });

  it('is a valid OrderId that names its shard', () => {
    fc.assert(
      fc.property(shards, noises, times, (shard, noise, nowMs) => {
        const id = newOrderId(shard, noise, nowMs);
        expect(OrderId(id)).toBe(id);
        expect(shardOfOrderId(id)).toEqual({ ok: true, value: shard });
      }),
    );
  });

  it('sorts by time inside a shard', () => {
    fc.assert(
      fc.property(shards, noises, noises, times, times, (shard, noiseA, noiseB, a, b) => {
        fc.pre(a !== b);
        expect(newOrderId(shard, noiseA, a) < newOrderId(shard, noiseB, b)).toBe(a < b);
      }),
    );
  });

  it('does not repeat within a millisecond', () => {
    const prng = new Prng(1);
    expect(new Set(Array.from({ length: 1_000 }, () => newOrderId(1, prng.bytes(12), 5))).size).toBe(1_000);
  });

  it('asserts its arguments', () => {
    expect(() => newOrderId(1, new Uint8Array(11), 0)).toThrow('Invariant');
    expect(() => newOrderId(1, new Uint8Array(12), 2 ** 48)).toThrow('Invariant');
    expect(() => newOrderId(1, new Uint8Array(12), 0.5)).toThrow('Invariant');
    expect(() => newOrderId(256, new Uint8Array(12), 0)).toThrow('Invariant');
  });

  it('a text that is no orderId has no shard', () => {
    expect(shardOfOrderId('cb')).toEqual({ ok: false, error: { field: 'orderId', rule: expect.any(String) } });
  });
});

describe('tagOf', () => {
  it('is the first 96 bits of SHA-256 in base32, as Python writes it', () => {
    expect(tagOf(BrokerRequestId('o1.1.N1'))).toBe('qbm3zkdujmh3ywj6ynqq');
  });

  it('is a valid Tag', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), (id) => {
        const tag = tagOf(BrokerRequestId(id));
        expect(Tag(tag)).toBe(tag);
      }),
    );
  });
});
