import {
  CallError,
  fieldsRefused,
  numberRules,
  Reason,
  StatusCode,
  type MessageStream,
  type ServiceHandlers,
  violationsOfTexts,
} from '@switchyard/contracts';
import { type JournalServiceDefinition, type ReadJournalResponse } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Pool } from 'pg';
import { JournalReads } from './reads.js';
import { journalSql } from './rows.sql.js';

/** ReadJournal over the journal of a schema that no `Journal` of this process writes. */
export function journalOf(pool: Pool, schema: string): ServiceHandlers<JournalServiceDefinition> {
  return journalHandlers(new JournalReads(pool, journalSql(schema)));
}

/** Serves ReadJournal: pages as fast as the caller takes them. */
export function journalHandlers(reads: JournalReads): ServiceHandlers<JournalServiceDefinition> {
  return {
    readJournal: (request, stream, call) => {
      if (!call.principal.roles.includes('service')) {
        stream.cancel(
          new CallError('Journals are read by services only.', { code: StatusCode.PERMISSION_DENIED, reason: Reason.PERMISSION_DENIED }),
        );
        return;
      }
      const violations = violationsOfTexts({ stream: request.stream, key: request.key });
      if (request.fromSeq < 0) violations.push({ field: 'fromSeq', description: numberRules.fromSeq, reason: Reason.OUT_OF_RANGE });
      if (violations.length > 0) return stream.cancel(fieldsRefused(violations));
      const answer = async (): Promise<void> => {
        const drained = new Drained(stream, call.signal);
        const options = { key: request.key === '' ? undefined : request.key, limit: request.limit === 0 ? undefined : request.limit };
        for await (const rows of reads.pages(request.stream, request.fromSeq, options)) {
          if (call.signal.aborted) return;
          if (!stream.send({ rows: [...rows] })) await drained.wait();
        }
        stream.end();
      };
      answer().catch((error: unknown) => stream.cancel(unavailable(error)));
    },
  };
}

function unavailable(cause: unknown): CallError {
  return new CallError('The journal can not be read now.', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE, cause });
}

/** Waits until the stream takes more, or nobody wants it any more. */
class Drained {
  #resolve: (() => void) | undefined;

  constructor(stream: MessageStream<never, ReadJournalResponse>, signal: AbortSignal) {
    const go = (): void => this.#resolve?.();
    stream.onDrain(go);
    stream.onClose(go);
    signal.addEventListener('abort', go);
  }

  wait(): Promise<void> {
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}
