import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

/** The tools are plain JavaScript, so their types are told here. */
interface Tools {
  parseSkips(markdown: string): Map<string, string>;
  countReport(report: unknown): { passed: number; failed: number; skipped: string[] };
}

describe('npm test counts', () => {
  let tools: Tools;
  beforeAll(async () => {
    const load = async (file: string): Promise<object> => (await import(path.join(import.meta.dirname, file))) as object;
    tools = { ...(await load('skips.mjs')), ...(await load('jest-stage.mjs')) } as Tools;
  });

  it.each([
    {
      fact: 'a row with a reason counts',
      text: '## Skipped tests\n| Test | Reason |\n|---|---|\n| `a b` | no Docker here |\n',
      name: 'a b',
      reason: 'no Docker here',
    },
    {
      fact: 'a row without a reason does not',
      text: '## Skipped tests\n| Test | Reason |\n|---|---|\n| `a b` | |\n',
      name: 'a b',
      reason: undefined,
    },
    {
      fact: 'a row of another section does not',
      text: '## Skipped tests\n\n## Proof\n| `a b` | proven |\n',
      name: 'a b',
      reason: undefined,
    },
    { fact: 'a page without the section lists none', text: '| `a b` | proven |\n', name: 'a b', reason: undefined },
  ])('$fact', ({ text, name, reason }) => {
    expect(tools.parseSkips(text).get(name)).toBe(reason);
  });

  it('a suite that could not run as a failure, and names what was skipped', () => {
    const assertionResults = [
      { status: 'passed', fullName: 'a' },
      { status: 'pending', fullName: 'b' },
      { status: 'todo', fullName: 'c' },
    ];
    const report = {
      numPassedTests: 1,
      numFailedTests: 2,
      numRuntimeErrorTestSuites: 1,
      testResults: [{ assertionResults }, { assertionResults: [] }],
    };
    expect(tools.countReport(report)).toEqual({ passed: 1, failed: 3, skipped: ['b', 'c'] });
  });
});
