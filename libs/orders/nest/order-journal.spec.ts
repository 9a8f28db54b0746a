import { expect, it } from '@jest/globals';
import { ApprovalLapsedError } from '@switchyard/orders-core';
import { AppendRefusedError, CommitUnknownError, ConflictError, HolderLostError, UniqueConflictError } from '@switchyard/platform/journal';
import { InvariantError } from '@switchyard/kernel';
import { PgOrderJournal } from './order-journal.js';

it.each([
  ['UniqueConflictError', new UniqueConflictError('requests_pkey'), { kind: 'conflict' }],
  ['ApprovalLapsedError', new ApprovalLapsedError('the attach broke'), { kind: 'lapsed' }],
  ['HolderLostError', new HolderLostError('fenced'), { kind: 'lost', maybeWritten: false }],
  ['ConflictError', new ConflictError('another writer'), { kind: 'lost', maybeWritten: false }],
  ['CommitUnknownError', new CommitUnknownError('no answer'), { kind: 'lost', maybeWritten: true }],
  ['AppendRefusedError', new AppendRefusedError('refused', { cause: new Error('too long') }), { kind: 'refused', text: 'Error: too long' }],
  // Its shard goes on: an intake that took this for a loss would stop for ever, and tell nobody.
  ['InvariantError', new InvariantError('an event is legal'), { kind: 'refused', text: 'InvariantError: Invariant: an event is legal' }],
])('the journal port tells every refusal as a value: %s', async (_name, error, outcome) => {
  const journal = new PgOrderJournal({ append: () => Promise.reject(error) }, undefined as never);
  expect(await journal.append({ unit: 'orders/00', entries: [] })).toEqual(outcome);
});
