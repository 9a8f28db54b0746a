// Durable storage of sessions: every change is one entry of the journal's statement.
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { type ChangeOutcome, type SessionChange, SessionLostError, type SessionStore } from '@switchyard/brokers-core';
import { shardHex } from '@switchyard/kernel';
import { type Entry, GateClosedError, type Journal, type JournalRow, UniqueConflictError } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { netQty, requestById, requestByTag } from './brokers.sql.js';

/** The unit of a session. */
export const unitOf = (sessionId: string): string => `session/${sessionId}`;
/** The stream of a session's reports about the accounts of one shard. */
export const streamOf = (sessionId: string, shard: number): string => `session/${sessionId}/${shardHex(shard)}`;

/** The storage of one session, from its start to its end. */
export class JournalSessionStore implements SessionStore {
  /** Why a change was not taken: nothing behind it is written either, since a later execution would move the broker's cursor past it. */
  #failure: SessionLostError | undefined;

  readonly #check = (): void => {
    if (this.#failure !== undefined) throw this.#failure;
  };

  constructor(
    private readonly journal: Journal<SessionChange>,
    private readonly pool: Pool,
    /** Told of every committed report, in order per stream. */
    private readonly committed: (rows: readonly JournalRow[]) => void,
  ) {}

  async append(change: SessionChange): Promise<ChangeOutcome> {
    const entries: Entry[] = change.reports.map(({ shard, report, traceparent }) => ({
      stream: streamOf(change.sessionId, shard),
      key: report.accountId,
      traceparent,
      encode: () => Report.encode(report).finish(),
    }));
    try {
      this.committed(await this.journal.append({ unit: unitOf(change.sessionId), entries, extra: change, check: this.#check }));
      return 'committed';
    } catch (error) {
      if (error instanceof GateClosedError) return 'halts-changed';
      if (error instanceof UniqueConflictError) return 'exists';
      throw (this.#failure ??= new SessionLostError('the journal did not take the change', { cause: error }));
    }
  }

  requestById(id: string) {
    return requestById(this.pool, id);
  }

  requestByTag(tag: string) {
    return requestByTag(this.pool, tag);
  }

  netQty(brokerAccountId: string, instrumentId: string) {
    return netQty(this.pool, brokerAccountId, instrumentId);
  }
}
