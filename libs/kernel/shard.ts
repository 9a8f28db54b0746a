// The shard is fixed for ever by the risk group's id and is part of every orderId, so that whoever has either finds the owner.
import { hash } from 'node:crypto';
import { assert } from './assert.js';
import { OrderId, type InvalidId, type RiskGroupId } from './ids.js';
import { ok, type Result } from './result.js';

/** Shards are numbered from 0 to 255. */
export const shardsCount = 256;

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';
const timeCharacters = 10;
const randomCharacters = 12;
const timeMsEnd = 2 ** 48;

/** The shard of a risk group: the first byte of the SHA-256 of its id. */
export function shardOf(riskGroupId: RiskGroupId): number {
  return hash('sha256', riskGroupId, 'buffer')[0] as number;
}

/** A shard as two lower-case hexadecimal digits, as in `orders/<shard>`. */
export function shardHex(shard: number): string {
  assert(Number.isInteger(shard) && shard >= 0 && shard < shardsCount, 'a shard is a whole number from 0 to 255');
  return shard.toString(16).padStart(2, '0');
}

/**
 * A new order id of 24 characters: two hexadecimal digits of shard, then 22 of lower-case Crockford base32, which are 10 for the
 * 48-bit time in milliseconds and 12 for 60 random bits. Ids of a shard sort by the time they were made at.
 * @param random 12 bytes; the low five bits of each are used.
 */
export function newOrderId(shard: number, random: Uint8Array, nowMs: number): OrderId {
  assert(random.length === randomCharacters, 'an orderId takes 12 random bytes');
  assert(Number.isInteger(nowMs) && nowMs >= 0 && nowMs < timeMsEnd, 'an orderId takes a whole number of milliseconds below 2^48');
  let time = '';
  let rest = nowMs;
  for (let at = 0; at < timeCharacters; at++) {
    time = crockford.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let noise = '';
  for (const byte of random) noise += crockford.charAt(byte & 31);
  return (shardHex(shard) + time + noise) as OrderId;
}

/** The shard that an orderId names; refuses a text that is not an orderId. */
export function shardOfOrderId(orderId: string): Result<number, InvalidId> {
  const parsed = OrderId.parse(orderId);
  return parsed.ok ? ok(Number.parseInt(parsed.value.slice(0, 2), 16)) : parsed;
}
