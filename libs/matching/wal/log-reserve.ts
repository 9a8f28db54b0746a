// Zeros behind the last frame of a log: an fdatasync that need not make the file longer takes half as long.
import { closeSync, constants, fdatasync, openSync } from 'node:fs';
import { writeAt } from './write-at.js';

/** Bytes that are written at once. */
const zeros = new Uint8Array(256 * 1024);

export class LogReserve {
  readonly #fd: number;
  /** Writes of zeros for which another thread waits. */
  #underWay = 0;
  #isClosed = false;

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR);
  }

  /**
   * Makes the file zero from `from` to `to`. They are in the page cache when this returns, so that frames may be written there; another thread waits for the disk, while frames go
   * on before them. Nothing depends on them: a frame waits for its own bytes, and a disk that fails with zeros fails with the next frame.
   */
  extend(from: number, to: number): void {
    for (let at = from; at < to; at += zeros.length) writeAt(this.#fd, zeros.subarray(0, Math.min(zeros.length, to - at)), at);
    this.#underWay++;
    fdatasync(this.#fd, () => {
      this.#underWay--;
      if (this.#isClosed) this.#closeIfIdle();
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#underWay === 0) closeSync(this.#fd);
  }
}
