import { hash } from 'node:crypto';
import { assert } from './assert.js';

/** The length of every hash of a chain, in bytes. */
export const chainHashBytes = 16;

/** The hash before a stream's first record: 16 zero bytes. Don't write to it. */
export const genesisHash: Uint8Array = new Uint8Array(chainHashBytes);

/** Where what is hashed is put together: a hash is made in one call, so all can share it. Larger inputs have a buffer of their own. */
const sharedInput = Buffer.allocUnsafeSlow(64 * 1024);

/** The next hash of a stream: the first 16 bytes of SHA-256(previous, then payload). Two streams with one hash have one content up to there. */
export function hashChain(previous: Uint8Array, payload: Uint8Array): Uint8Array {
  assert(previous.length === chainHashBytes, 'a hash of a chain has 16 bytes'); // A fixed length, so no two pairs give the same bytes.
  const length = chainHashBytes + payload.length;
  const input = length <= sharedInput.length ? sharedInput.subarray(0, length) : Buffer.allocUnsafe(length);
  input.set(previous, 0);
  input.set(payload, chainHashBytes);
  // By way of a text of one character a byte, at half the cost: Node gives a digest as a buffer with memory of its own, while these few bytes share a block.
  const next = Buffer.allocUnsafe(chainHashBytes);
  next.write(hash('sha256', input, 'binary'), 0, chainHashBytes, 'latin1');
  return next;
}
