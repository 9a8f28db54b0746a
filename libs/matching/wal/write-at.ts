import { writeSync } from 'node:fs';

/** Writes all of the bytes, however often the system has to be asked. */
export function writeAt(fd: number, bytes: Uint8Array, offset: number): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written, bytes.length - written, offset + written);
}
