import { describe, it } from '@jest/globals';
import { reportRowFacts } from '@switchyard/contracts/testing/report-rows-suite';
import { FakeSessionJournal } from './builders.js';

describe('the reports of the connector in memory', () => {
  it.each(reportRowFacts)('$fact', ({ holds }) => {
    const journal = new FakeSessionJournal();
    return holds({
      add: async (...reports) => {
        for (const { report, traceparent } of reports) journal.add(report, traceparent);
      },
      after: async (cursor) => journal.after(cursor),
    });
  });
});
