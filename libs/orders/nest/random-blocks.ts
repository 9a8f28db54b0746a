// Random bytes for the ids of orders.
import { randomBytes } from 'node:crypto';
import { assert } from '@switchyard/kernel';

const blockBytes = 4096;

/** Gives random bytes, each of them once. They are asked for by the block, which costs as much as the few bytes of one id. */
export function randomBlocks(): (count: number) => Uint8Array {
  let block = randomBytes(blockBytes);
  let at = 0;
  return (count) => {
    assert(count <= blockBytes, 'a block holds what is asked for');
    if (at + count > blockBytes) {
      block = randomBytes(blockBytes);
      at = 0;
    }
    at += count;
    return block.subarray(at - count, at);
  };
}
