import { randomFillSync } from 'node:crypto';

// Random bytes are had by the kilobyte: asking for eight at a time costs more than all the rest of an unsampled span.
const bytes = Buffer.alloc(4096);
let used = bytes.length;

function hex(count: number): string {
  if (used + count > bytes.length) {
    randomFillSync(bytes);
    used = 0;
  }
  used += count;
  return bytes.toString('hex', used - count, used);
}

/** 32 hex digits. */
export function newTraceId(): string {
  return hex(16);
}

/** 16 hex digits. */
export function newSpanId(): string {
  return hex(8);
}
