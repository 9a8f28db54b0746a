import { type Calls, type CallError } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type JournalContract } from './types.js';

export interface WantedRows {
  readonly stream: string;
  readonly fromSeq: number;
  readonly limit: number;
  /** Only rows of this key. */
  readonly key?: string;
}

const timeoutMs = 10_000;

/** Rows of the producer's journal, by a call to any process that serves it. Rejects with CallError. */
export function rowsFromProducer(
  calls: Calls,
  producer: JournalContract,
  { stream, fromSeq, limit, key = '' }: WantedRows,
): Promise<readonly JournalRow[]> {
  return new Promise((resolve, reject) => {
    const rows: JournalRow[] = [];
    const answer = calls.any(producer).readJournal({ stream, fromSeq, limit, key }, { timeoutMs });
    answer.onMessage((message) => void rows.push(...message.rows));
    answer.onEnd(() => answer.end());
    answer.onClose((error: CallError | undefined) => (error === undefined ? resolve(rows) : reject(error)));
  });
}
