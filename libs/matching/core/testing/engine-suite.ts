// What every matching engine must do, as tables to read. The reference and the fast engine both run it.
import { describe, expect, it } from '@jest/globals';
import { type MatchingEngine } from '../engine/engine.js';
import { answerTable, expectedTable, type EngineTable } from './engine-table.js';
import { administrationTables } from './engine-tables/administration.js';
import { auctionTables } from './engine-tables/auctions.js';
import { continuousTables } from './engine-tables/continuous.js';
import { phaseTables } from './engine-tables/phases.js';
import { refusalTables } from './engine-tables/refusals.js';
import { selfTradeTables } from './engine-tables/self-trade.js';
import { stopTables } from './engine-tables/stops.js';
import { capacitySuite } from './capacity-suite.js';
import { propertiesSuite } from './engine-properties.js';
import { wordsSuite } from './engine-words-suite.js';

const chapters: Record<string, readonly EngineTable[]> = {
  'continuous trading': continuousTables,
  refusals: refusalTables,
  stops: stopTables,
  'self-trade prevention': selfTradeTables,
  auctions: auctionTables,
  phases: phaseTables,
  administration: administrationTables,
};

/** Declares the suite for an engine. @param make a new engine, empty; told how many orders it takes, or of its usual capacity. */
export function engineSuite(name: string, make: (ordersMax?: number) => MatchingEngine): void {
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
    describe('capacity', () => capacitySuite(make));
    describe('words', () => wordsSuite(make));
    describe('random streams', () => propertiesSuite(make));
  });
}
