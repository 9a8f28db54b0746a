import { randomInt } from 'node:crypto';

const letters = '0123456789abcdefghijklmnopqrstuvwxyz';
const randomLetters = 13;

/** A new clOrdId: 22 letters and digits that begin with the time, so that ids of one caller sort by when they were made. Short enough for CancelAll. */
export function newClOrdId(nowMs: number = Date.now()): string {
  const random = Array.from({ length: randomLetters }, () => letters[randomInt(letters.length)]).join('');
  return nowMs.toString(36).padStart(9, '0') + random;
}
