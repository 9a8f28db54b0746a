/** `@switchyard/platform/journal`: one journal a noun, one owner a unit (README.md). */
export { bigintColumn, booleanColumn, bytesColumn, smallintColumn, textColumn } from './columns.js';
export { AppendRefusedError, CommitUnknownError, ConflictError, GateClosedError, HolderLostError, UniqueConflictError } from './errors.js';
export { journalOf } from './handlers.js';
export { Journal, type ReadOptions } from './journal.js';
export { journalTablesSql, readerTablesSql } from './rows.sql.js';
export {
  journalDefaults,
  type Change,
  type CursorMove,
  type Entry,
  type EntryNumbers,
  type FencedSql,
  type JournalOptions,
  type JournalRow,
  type JournalSettings,
  type TracePort,
  type UnitHooks,
  type UnitOwner,
} from './types.js';
export { holderRule } from './holder-rule.js';
