/**
 * The hash of reports that every engine must come to, taken inside the timed part. A report's eight words are multiplied with eight odd constants and summed, and
 * the sum is mixed into the running hash: cheap, and every bit of every field counts.
 */
const k0 = 0x9e3779b1 | 0;
const k1 = 0x85ebca77 | 0;
const k2 = 0xc2b2ae3d | 0;
const k3 = 0x27d4eb2f | 0;
const k4 = 0x165667b1 | 0;
const k5 = 0xd3a2646d | 0;
const k6 = 0xfd7046c5 | 0;
const k7 = 0xb55a4f09 | 0;
const fnvPrime = 16_777_619;

export const reportsHashStart = 0x811c9dc5 | 0;

export function hashReports(hash: number, words: Int32Array, length: number): number {
  let mixed = hash;
  for (let at = 0; at < length; at += 8) {
    const sum =
      (Math.imul(words[at] as number, k0) +
        Math.imul(words[at + 1] as number, k1) +
        Math.imul(words[at + 2] as number, k2) +
        Math.imul(words[at + 3] as number, k3) +
        Math.imul(words[at + 4] as number, k4) +
        Math.imul(words[at + 5] as number, k5) +
        Math.imul(words[at + 6] as number, k6) +
        Math.imul(words[at + 7] as number, k7)) |
      0;
    mixed = Math.imul(mixed ^ sum, fnvPrime);
  }
  return mixed;
}
