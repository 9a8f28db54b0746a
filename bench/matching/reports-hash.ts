/**
 * The hash of reports that every engine must come to, taken inside the timed part. Four lanes of 32 bits: lane i takes in word i and word i + 4 of each
 * report. A step gives another lane for every other word and for every other lane before it, so that no bit of a report goes unnoticed; half as many
 * multiplications as words, and none waits for that of another lane.
 */
const prime = 0x9e3779b1 | 0;
const start = 0x811c9dc5 | 0;
/** Changes no place of a report: V8 then knows that it is one, and checks no sum of it for overflow. */
const reportAt = 0x3ffffff8;

export class ReportsHash {
  #a = start;
  #b = start;
  #c = start;
  #d = start;

  /** Takes in the reports in the first `length` words. */
  add(words: Int32Array, length: number): void {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let at = 0; at < length; at = (at + 8) & reportAt) {
      a = mix(a, words[at] as number, words[at + 4] as number);
      b = mix(b, words[at + 1] as number, words[at + 5] as number);
      c = mix(c, words[at + 2] as number, words[at + 6] as number);
      d = mix(d, words[at + 3] as number, words[at + 7] as number);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** Of all reports so far: the lanes, mixed into one. Unsigned. */
  get value(): number {
    return [this.#a, this.#b, this.#c, this.#d].reduce((hash, lane) => mix(hash, lane, 0), 0) >>> 0;
  }
}

function mix(lane: number, word: number, other: number): number {
  const changed = lane ^ word;
  return Math.imul(((changed << 13) | (changed >>> 19)) + other, prime);
}
