import { hash } from 'node:crypto';
import type { BrokerRequestId, Tag } from './ids.js';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const tagBits = 96;

/** The tag of a broker request: RFC 4648 base32, lower case, of the first 96 bits of the SHA-256 of its id; 20 characters. */
export function tagOf(brokerRequestId: BrokerRequestId): Tag {
  const digest = hash('sha256', brokerRequestId, 'buffer');
  let text = '';
  let pending = 0;
  let pendingBits = 0;
  for (let at = 0; at < tagBits / 8; at++) {
    pending = (pending << 8) | (digest[at] as number);
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += alphabet.charAt((pending >>> pendingBits) & 31);
    }
    pending &= (1 << pendingBits) - 1;
  }
  // 96 bits are 19 characters and one bit; the bit is padded with zeros, as the RFC says.
  return (text + alphabet.charAt((pending << (5 - pendingBits)) & 31)) as Tag;
}
