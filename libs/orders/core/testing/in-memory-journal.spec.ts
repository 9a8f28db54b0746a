import { describe, it } from '@jest/globals';
import { shardHex } from '@switchyard/kernel';
import { demoShard } from './builders.js';
import { InMemoryOrderJournal, InMemoryTables } from './in-memory-journal.js';
import { orderJournalFacts, type OrderJournalUnderTest } from './order-journal-suite.js';

function underTest(): OrderJournalUnderTest {
  const tables = new InMemoryTables();
  const journal = new InMemoryOrderJournal(tables, () => 0);
  return {
    journal,
    unit: `orders/${shardHex(demoShard)}`,
    rows: async () => tables.rows,
    cursor: async (stream) => tables.cursors.get(stream)?.seq ?? 0,
    lose: async () => journal.lose(),
  };
}

describe('the journal of an owner in memory', () => {
  it.each(orderJournalFacts)('$fact', ({ holds }) => holds(underTest()));
});
