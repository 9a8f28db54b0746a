// What holds of an engine whatever it is told: random streams, judged by their reports.
import { expect, it } from '@jest/globals';
import { CommandWriter, Phase } from '../engine/command.js';
import { type MatchingEngine } from '../engine/engine.js';
import { readReport, reportWords } from '../engine/report.js';
import { RandomCommands, streamBooks } from './random-commands.js';
import { ReportAuditor } from './report-auditor.js';

/** Declares it. @param make a new engine, empty. */
export function propertiesSuite(make: () => MatchingEngine): void {
  it.each(['a', 'b', 'c'])(
    'quantity is conserved, price and time decide, no trade is beyond a limit, no book in continuous trading is crossed (seed %j)',
    (seed) => {
      const engine = make();
      const auditor = new ReportAuditor();
      const stream = new RandomCommands(seed);
      const writer = new CommandWriter();
      for (let command = 1; command <= 3_000; command++) {
        writer.clear();
        stream.writeNext(writer);
        engine.clearReports();
        engine.execute(writer.words, 0, writer.length);
        try {
          if (command % 50 === 0) engine.validateInternalState();
          for (let at = 0; at < engine.reportsLength; at += reportWords) auditor.take(readReport(engine.reports, at));
          for (const book of streamBooks) if (engine.phase(book) === Phase.CONTINUOUS) auditor.checkNotCrossed(book);
          auditor.checkConserved();
        } catch (error) {
          throw new Error(`Seed ${seed}, command ${command}`, { cause: error });
        }
        expect(auditor.openCount).toBe(engine.openCount);
      }
      expect(auditor.quantities.traded).toBeGreaterThan(1_000);
    },
  );
}
