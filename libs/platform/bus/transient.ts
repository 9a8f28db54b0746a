import { CallError, StatusCode } from '@switchyard/contracts';
import { DatabaseError } from 'pg';
import { isDatabaseAway } from '../calls/database-away.js';
import { CannotApplyError } from './errors.js';

const transientCodes = new Set([
  StatusCode.CANCELLED,
  StatusCode.UNKNOWN,
  StatusCode.DEADLINE_EXCEEDED,
  StatusCode.RESOURCE_EXHAUSTED,
  StatusCode.ABORTED,
  StatusCode.UNAVAILABLE,
]);
/** A gap that the producer's journal can't fill yet, or a cursor that somebody else moved: worth another try. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';
}

/**
 * True when the same work may succeed later: the database, the network or a service fails, not the row. A wrong privilege or a missing table counts too,
 * since every row would meet it. False for what only this row causes: bad bytes, a violated constraint, an impossible state.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof CannotApplyError) return false;
  if (error instanceof NotYetError) return true;
  if (error instanceof DatabaseError) return !/^(22|23|P0)/.test(error.code ?? '');
  if (error instanceof CallError) return transientCodes.has(error.code);
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code)) return true;
  return isDatabaseAway(error);
}
