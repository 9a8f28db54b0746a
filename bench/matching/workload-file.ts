/** A workload as a file, for programs that run engines: also those of other languages (README.md says how). All numbers are little-endian. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type Workload } from './obw1.js';

/** "OBW1". */
const magic = 0x3157424f;
const headerBytes = 20;

/** What a program reads: the commands' words and where the measured ones begin. */
export interface WorkloadWords {
  readonly words: Int32Array;
  readonly measuredFrom: number;
}

/**
 * Header: magic, version 1, words before the measured commands, words of the measured commands, number of the last trade before them all; then the words.
 * @param tradesBefore what an engine has traded already when it begins: the warming up.
 */
export function writeWorkload(file: string, { words, measuredFrom }: Workload, tradesBefore: number): void {
  const header = new Int32Array([magic, 1, measuredFrom, words.length - measuredFrom, tradesBefore]);
  const fd = openSync(file, 'w');
  try {
    for (const part of [header, words]) {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written, Math.min(bytes.length - written, 1 << 26));
    }
  } finally {
    closeSync(fd);
  }
}

export function readWorkload(file: string): WorkloadWords {
  const bytes = readFileSync(file);
  const all = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const [found = 0, version = 0, measuredFrom = 0, measured = 0] = all;
  if (found !== magic || version !== 1 || all.length !== headerBytes / 4 + measuredFrom + measured)
    throw new Error(`${file} is no workload of version 1`);
  return { words: all.subarray(headerBytes / 4), measuredFrom };
}
