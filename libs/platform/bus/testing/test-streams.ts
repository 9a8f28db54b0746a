/** Streams of a producer, for specs of the bus: chained rows, and the calls that read them. */
import { genesisHash, hashChain } from '@switchyard/kernel';
import {
  CallError,
  Reason,
  StatusCode,
  type CallError as AnyCallError,
  type Calls,
  type MessageStream,
  type Topic,
} from '@switchyard/contracts';
import { type JournalRow, type ReadJournalRequest, type ReadJournalResponse } from '@switchyard/contracts/gen/platform/v1/journal';
import { type JournalSource } from '../types.js';

export class TestStreams implements JournalSource {
  readonly topic: Topic;
  /** Calls of readJournal so far. */
  callsCount = 0;
  /** While set, readJournal fails as if its server were away. */
  isAway = false;
  readonly #rows = new Map<string, JournalRow[]>();

  constructor(topic: Topic) {
    this.topic = topic;
  }

  /** Appends a row and returns it; publish it or not. */
  append(stream: string, text: string, key = 'A'): JournalRow {
    const rows = this.#rows.get(stream) ?? [];
    this.#rows.set(stream, rows);
    const payload = Buffer.from(text);
    const hash = Buffer.from(hashChain(rows.at(-1)?.hash ?? genesisHash, payload));
    const row = { stream, seq: rows.length + 1, hash, key, payload, traceparent: '', atMs: 1_700_000_000_000 + rows.length };
    rows.push(row);
    return row;
  }

  rowsOf(stream: string): readonly JournalRow[] {
    return this.#rows.get(stream) ?? [];
  }

  heads(): Promise<{ stream: string; seq: number }[]> {
    return Promise.resolve([...this.#rows].map(([stream, rows]) => ({ stream, seq: rows.length })));
  }

  topicsOf(): readonly Topic[] {
    return [this.topic];
  }

  read(stream: string, fromSeq: number, limit: number): Promise<readonly JournalRow[]> {
    return Promise.resolve(this.#page({ stream, fromSeq, limit, key: '' }));
  }

  /** `Calls` whose every contract is the journal of these streams. */
  get calls(): Calls {
    const readJournal = (request: ReadJournalRequest): MessageStream<ReadJournalResponse, never> => {
      this.callsCount += 1;
      return answer(this.isAway ? undefined : this.#page(request));
    };
    const any = (() => ({ readJournal })) as unknown as Calls['any'];
    return { any, at: any, addressesOf: () => ['producer:1'] };
  }

  #page({ stream, fromSeq, limit, key }: ReadJournalRequest): JournalRow[] {
    const rows = this.rowsOf(stream).filter((row) => row.seq >= fromSeq && (key === '' || row.key === key));
    return limit === 0 ? rows : rows.slice(0, limit);
  }
}

/** A stream that answers with one message, or breaks where there are no rows. */
function answer(rows: JournalRow[] | undefined): MessageStream<ReadJournalResponse, never> {
  let onMessage: ((message: ReadJournalResponse) => void) | undefined;
  let onClose: ((error: AnyCallError | undefined) => void) | undefined;
  let onEnd: (() => void) | undefined;
  setImmediate(() => {
    if (rows === undefined) return onClose?.(new CallError('away', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE }));
    onMessage?.({ rows });
    onEnd?.();
    onClose?.(undefined);
  });
  return {
    send: () => true,
    onMessage: (handler) => (onMessage = handler),
    onDrain: () => undefined,
    onEnd: (handler) => (onEnd = handler),
    onClose: (handler) => (onClose = handler),
    end: () => undefined,
    cancel: () => undefined,
  };
}
