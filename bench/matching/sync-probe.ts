/** What one fdatasync of 16 kB takes, asked again and again between the batches that are held against it: a disk is now faster, now slower. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';

const block = Buffer.alloc(16_384, 1);
/** Written over in turns: as in a log that goes on in zeros, no fdatasync makes the file longer. */
const blocks = 64;

export class SyncProbe {
  readonly #fd: number;
  #count = 0;
  #ms = 0;

  /** @param file made, and gone when the probe is closed. */
  constructor(file: string) {
    this.#fd = openSync(file, 'w');
    rmSync(file);
    for (let at = 0; at < blocks; at++) this.#write(at);
    fdatasyncSync(this.#fd);
  }

  measure(): void {
    this.#write(this.#count % blocks);
    const began = performance.now();
    fdatasyncSync(this.#fd);
    this.#ms += performance.now() - began;
    this.#count++;
  }

  get meanMs(): number {
    return this.#ms / this.#count;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(at: number): void {
    writeSync(this.#fd, block, 0, block.length, at * block.length);
  }
}
