// The owner's journal port over the journal library: every refusal of the library as a value.
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import {
  ApprovalLapsedError,
  type AppendOutcome,
  type ClaimKind,
  type Order,
  type OrderJournal,
  type OwnerChange,
  type ParkedRow,
  type RequestScope,
} from '@switchyard/orders-core';
import {
  type Change,
  CommitUnknownError,
  ConflictError,
  HolderLostError,
  type Journal,
  type JournalRow,
  UniqueConflictError,
} from '@switchyard/platform/journal';
import { failpoint } from '@switchyard/platform/failpoint';
import { type Pool } from 'pg';
import { findClaim, findOrder, findParked, findRequest, type StoredRows } from './orders.sql.js';

export class PgOrderJournal implements OrderJournal {
  constructor(
    private readonly journal: Pick<Journal<StoredRows>, 'append'>,
    private readonly pool: Pool,
  ) {}

  append(change: OwnerChange): Promise<AppendOutcome> {
    return this.journal.append(stored(change)).then(committed).catch(refused);
  }

  findRequest(accountId: string, scope: RequestScope, requestId: string): Promise<OrderEvent | undefined> {
    return findRequest(this.pool, accountId, scope, requestId);
  }

  findClaim(kind: ClaimKind, id: string): Promise<string | undefined> {
    return findClaim(this.pool, kind, id);
  }

  findParked(stream: string, key: string): Promise<readonly ParkedRow[]> {
    return findParked(this.pool, stream, key);
  }

  findOrder(accountId: string, orderId: string): Promise<Order | undefined> {
    return findOrder(this.pool, accountId, orderId);
  }
}

function committed(rows: readonly JournalRow[]): AppendOutcome {
  failpoint('orders.after-commit');
  return { kind: 'committed', rows };
}

function refused(error: unknown): AppendOutcome {
  if (error instanceof UniqueConflictError) return { kind: 'conflict' };
  if (error instanceof ApprovalLapsedError) return { kind: 'lapsed' };
  if (error instanceof CommitUnknownError) return { kind: 'lost', maybeWritten: true };
  if (error instanceof HolderLostError || error instanceof ConflictError) return { kind: 'lost', maybeWritten: false };
  // The database refused the change, or it could not be encoded: the shard goes on, so it must not look lost.
  return { kind: 'refused', text: String(error instanceof Error ? (error.cause ?? error) : error) };
}

/** The change as the journal library takes it, with its approval asked each time that the statement is built, so that one whose attach broke can't be written. */
function stored({ stillValid, unit, cursors, entries, extra }: OwnerChange): Change<StoredRows> {
  const check =
    stillValid &&
    ((): void => {
      if (!stillValid()) throw new ApprovalLapsedError("risk's approval lapsed before the statement was built");
    });
  return { unit, entries, cursors, extra: extra && { ...extra, stream: unit }, check };
}
