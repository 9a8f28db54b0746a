import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { assert, assertNever, Deferred, err, genesisHash, hashChain, InvariantError, ok, RingQueue, Secret, systemClock } from './index.js';

describe('assert', () => {
  it('passes a fact and throws on a broken one', () => {
    expect(() => assert(true, 'never seen')).not.toThrow();
    expect(() => assert(0, 'cumQty is positive')).toThrow(new InvariantError('cumQty is positive'));
    expect(() => assert(false, 'cumQty is positive')).toThrow('Invariant: cumQty is positive');
  });

  it.each([
    ['Sell', '"Sell"'],
    [7n, '7n'],
    [undefined, 'undefined'],
    [{ type: 'x' }, '{"type":"x"}'],
    [{ qty: 1n }, '[object Object]'],
  ])('assertNever shows %p', (value, shown) => {
    expect(() => assertNever(value as never, 'side')).toThrow(`Invariant: side is one of its known values, not ${shown}`);
  });
});

it('Result says ok or error', () => {
  expect(ok(1)).toEqual({ ok: true, value: 1 });
  expect(err('x')).toEqual({ ok: false, error: 'x' });
});

it('systemClock: whole milliseconds since 1970, and a monotonic clock', () => {
  expect(Number.isInteger(systemClock.nowMs())).toBe(true);
  expect(systemClock.nowMs()).toBeGreaterThan(Date.UTC(2025, 0));
  const before = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
});

it('a Secret shows in no text', () => {
  const secret = new Secret({ password: 'hunter2' });
  const texts = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }),
    inspect(secret, { showHidden: true }),
  ];
  for (const text of texts) {
    expect(text).toContain('[secret]');
    expect(text).not.toContain('hunter2');
  }
  expect(secret.reveal()).toEqual({ password: 'hunter2' });
});

describe('Deferred', () => {
  it('the first settlement counts', async () => {
    const deferred = new Deferred<number>();
    deferred.resolve(1);
    deferred.reject(new InvariantError('too late'));
    await expect(deferred.promise).resolves.toBe(1);
  });

  it('rejects', async () => {
    const deferred = new Deferred<number>();
    deferred.reject(new InvariantError('it holds'));
    await expect(deferred.promise).rejects.toThrow('it holds');
  });
});

describe('RingQueue', () => {
  it('refuses when full, keeps order around the end, and is empty at last', () => {
    const queue = new RingQueue<number>(2);
    expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
    expect([queue.shift(), queue.push(4), queue.length]).toEqual([1, true, 2]);
    expect([queue.drainTo(1), queue.drainTo(9), queue.shift(), queue.length]).toEqual([[2], [4], undefined, 0]);
  });

  it('a capacity is a whole number from 1', () => {
    for (const capacity of [0, -1, 1.5]) expect(() => new RingQueue(capacity)).toThrow('Invariant');
  });

  it('behaves as a bounded array', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer() }),
      fc.record({ drain: fc.integer({ min: 0, max: 4 }) }),
      fc.constant('shift' as const),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const queue = new RingQueue<number>(capacity);
        const model: number[] = [];
        for (const action of steps) {
          if (action === 'shift') expect(queue.shift()).toBe(model.shift());
          else if ('drain' in action) expect(queue.drainTo(action.drain)).toEqual(model.splice(0, action.drain));
          else expect(queue.push(action.push)).toBe(model.length < capacity && model.push(action.push) > 0);
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });
});

describe('hashChain', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  it('gives the golden hashes (from Python)', () => {
    const first = hashChain(genesisHash, Buffer.from('one'));
    expect(hex(first)).toBe('b4e11d330f99c77032854a35c4a4adcb');
    expect(hex(hashChain(first, Buffer.from('two')))).toBe('4c9a32a8b8b122d9cb183a5431705576');
    expect(hex(genesisHash)).toBe('0'.repeat(32));
  });

  it('is the start of SHA-256(previous, payload) for any payload', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array(), (previous, payload) => {
        expect(hex(hashChain(previous, payload))).toBe(createHash('sha256').update(previous).update(payload).digest('hex').slice(0, 32));
      }),
    );
  });

  it('a previous hash has 16 bytes', () => {
    expect(() => hashChain(new Uint8Array(15), new Uint8Array(1))).toThrow('Invariant');
  });
});
