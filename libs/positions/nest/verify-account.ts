// Folds an account again, from the producer's journal, and compares it with what is stored: byte for byte.
import { createHash, type Hash } from 'node:crypto';
import { type CallError, type Calls, ORDERS_JOURNAL } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { AccountBook, canonicalAccount, canonicalPosting } from '@switchyard/positions-core';
import { type Pool, type PoolClient } from 'pg';
import { type AccountView, readAccount, readLedgerForward } from './positions.sql.js';

export interface Verified {
  readonly storedSha256: string;
  readonly foldedSha256: string;
  /** Facts folded. */
  readonly facts: number;
}

const postingsPerPage = 2_000;

/** Undefined where no fact of the account was ever folded. Rejects with CallError where the journal can't be read, and with what the database says. */
export async function verifyAccount(
  pool: Pool,
  calls: Calls,
  reader: string,
  accountId: string,
  deadlineMs: number,
): Promise<Verified | undefined> {
  const stored = await hashStored(pool, reader, accountId);
  if (stored === undefined) return undefined;
  const folded = await hashFolded(calls, accountId, stored.view, deadlineMs);
  return { storedSha256: stored.sha256, ...folded };
}

async function hashStored(pool: Pool, reader: string, accountId: string): Promise<{ view: AccountView; sha256: string } | undefined> {
  const tx = await pool.connect();
  try {
    // One moment for the account and all pages of its ledger, while facts go on being folded.
    await tx.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const view = await readAccount(tx, reader, accountId);
    const hash = createHash('sha256');
    if (view !== undefined) {
      await hashLedger(tx, accountId, hash);
      hash.update(canonicalAccount(view.accountSeq, view.positions, view.cash));
    }
    await tx.query('COMMIT');
    return view && { view, sha256: hash.digest('hex') };
  } catch (error) {
    await tx.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    tx.release();
  }
}

async function hashLedger(tx: PoolClient, accountId: string, hash: Hash): Promise<void> {
  let after = { accountSeq: 0, line: 0 };
  for (;;) {
    const postings = await readLedgerForward(tx, accountId, after, postingsPerPage);
    for (const posting of postings) hash.update(canonicalPosting(posting));
    const last = postings.at(-1);
    if (last === undefined || postings.length < postingsPerPage) return;
    after = last;
  }
}

/** Folds facts up to the one that the stored state ends with. A fact that can't be folded ends the fold there, and the hashes differ. */
function hashFolded(
  calls: Calls,
  accountId: string,
  { stream, accountSeq }: AccountView,
  deadlineMs: number,
): Promise<{ foldedSha256: string; facts: number }> {
  return new Promise((resolve, reject) => {
    const book = new AccountBook(accountId);
    const hash = createHash('sha256');
    let facts = 0;
    let isDone = false;
    const fold = (row: JournalRow): void => {
      const event = OrderEvent.decode(row.payload);
      isDone ||= event.accountSeq > accountSeq;
      if (isDone) return;
      const folded = book.fold(event);
      if (!folded.ok) return void (isDone = true);
      facts += 1;
      for (const posting of folded.value.postings) hash.update(canonicalPosting(posting));
    };
    const answer = calls.any(ORDERS_JOURNAL).readJournal({ stream, fromSeq: 1, key: accountId, limit: 0 }, { deadlineMs });
    answer.onMessage(({ rows }) => rows.forEach(fold));
    answer.onEnd(() => answer.end());
    answer.onClose((error: CallError | undefined) => {
      if (error !== undefined) return reject(error);
      hash.update(canonicalAccount(book.accountSeq, book.positions, book.cash));
      resolve({ foldedSha256: hash.digest('hex'), facts });
    });
  });
}
