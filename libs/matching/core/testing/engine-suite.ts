// What every matching engine must do, as tables to read. The reference and the fast engine both run it.
import { describe, expect, it } from '@jest/globals';
import { type MatchingEngine } from '../engine/engine.js';
import { answerTable, expectedTable, type EngineTable } from './engine-table.js';
import { continuousTables } from './engine-tables/continuous.js';

const chapters: Record<string, readonly EngineTable[]> = {
  'continuous trading': continuousTables,
};

/** Declares the suite for an engine. @param make a new engine, empty. */
export function engineSuite(name: string, make: () => MatchingEngine): void {
  describe(name, () => {
    for (const [chapter, tables] of Object.entries(chapters)) {
      describe(chapter, () => {
        it.each(tables.map((table) => [table.name, table] as const))('%s', (_name, table) => {
          expect(answerTable(make, table, { isRestored: false })).toBe(expectedTable(table));
        });

        it.each(tables.map((table) => [table.name, table] as const))('%s; also from a written state', (_name, table) => {
          expect(answerTable(make, table, { isRestored: true })).toBe(expectedTable(table));
        });
      });
    }
  });
}
