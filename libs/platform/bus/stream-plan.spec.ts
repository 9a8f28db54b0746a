import { describe, expect, it } from '@jest/globals';
import { genesisHash } from '@switchyard/kernel';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { planStream, type StreamPlan } from './stream-plan.js';
import { TestStreams } from './testing/test-streams.js';

const streams = new TestStreams({ name: 't', publisher: 'order-gateway', message: 'm', kind: 'stream' });
for (let n = 1; n <= 9; n++) streams.append('s', `${n}`);
const rows = streams.rowsOf('s');
const pick = (...seqs: number[]): JournalRow[] => seqs.map((seq) => rows[seq - 1] as JournalRow);
const at = (seq: number): { seq: number; hash: Uint8Array } => ({ seq, hash: rows[seq - 1]?.hash ?? genesisHash });
const forged = (seq: number): JournalRow => ({ ...(rows[seq - 1] as JournalRow), hash: Buffer.alloc(16, 9) });

function told(plan: StreamPlan): string {
  switch (plan.kind) {
    case 'done':
      return 'done';
    case 'gap':
      return `gap until ${plan.untilSeq}`;
    case 'conflict':
      return `conflict at ${plan.atSeq}`;
    case 'apply':
      return `apply ${plan.rows.map((row) => row.seq).join(' ')}, then ${plan.rest.map((row) => row.seq).join(' ')}`;
  }
}

describe('planStream', () => {
  it.each([
    ['nothing', 3, [], 'done'],
    ['only what was seen', 3, pick(1, 2, 3), 'done'],
    ['the next', 3, pick(4, 5), 'apply 4 5, then '],
    ['the first of a stream', 0, pick(1, 2), 'apply 1 2, then '],
    ['an overlap', 3, pick(2, 3, 4), 'apply 4, then '],
    ['rows that come twice', 0, pick(1, 2, 1, 2, 3), 'apply 1 2 3, then '],
    ['a gap', 3, pick(6, 7), 'gap until 6'],
    ['a gap after the next', 3, pick(4, 7), 'apply 4, then 7'],
    ['more than fit', 0, pick(1, 2, 3, 4, 5, 6), 'apply 1 2 3 4, then 5 6'],
    ['the cursor’s number with another content', 3, [forged(3)], 'conflict at 3'],
    ['a next that does not continue the chain', 3, [forged(4)], 'conflict at 4'],
    ['a break in the chain after the next', 3, [...pick(4), forged(5)], 'apply 4, then 5'],
  ])('%s', (_, cursor, given, plan) => {
    expect(told(planStream(at(cursor), given, true, 4))).toBe(plan);
  });

  it('takes holes as they are where the topic has them', () => {
    expect(told(planStream(at(3), pick(2, 5, 9), false, 4))).toBe('apply 5 9, then ');
  });
});
