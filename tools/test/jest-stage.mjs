/** Runs a part of the specs through Jest, and counts from its JSON report. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CACHE, ROOT } from '../workspace.mjs';
import { COVERAGE_NODE_FLAGS, JEST_NODE_FLAGS } from './jest-flags.mjs';
import { runNode24 } from './process.mjs';
import { reasonsForSkips } from './skips.mjs';

/** Where a stage leaves its coverage, for the stage that judges it. */
export function coverageFolder(name) {
  return path.join(CACHE, 'test', `coverage-${name}`);
}

/** Counts of a Jest report, with the full names of tests that did not run. A suite that could not run is a failure. */
export function countReport(report) {
  const skipped = [];
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (['pending', 'todo', 'skipped', 'disabled'].includes(test.status)) skipped.push(test.fullName);
    }
  }
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites, skipped };
}

/** Ends what hangs. A busy machine takes several times the minutes of a quiet one, and is no failure. */
const STAGE_MS_MAX = 1_800_000;

/** Runs Jest with the given arguments as the stage `name`. */
export async function runJestStage(name, args, { coverage = false } = {}) {
  const jest = path.join(path.dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin/jest.js');
  const reportFile = path.join(CACHE, 'test', `${name}.json`);
  rmSync(reportFile, { force: true });
  rmSync(coverageFolder(name), { recursive: true, force: true });
  const report = ['--json', `--outputFile=${reportFile}`, '--testLocationInResults'];
  const cover = coverage ? ['--coverage', '--coverageReporters=json', `--coverageDirectory=${coverageFolder(name)}`] : [];
  const flags = coverage ? [...JEST_NODE_FLAGS, ...COVERAGE_NODE_FLAGS] : JEST_NODE_FLAGS;
  const run = await runNode24(name, [...flags, jest, '-c', path.join(ROOT, 'jest.config.mjs'), ...report, ...cover, ...args], {
    progress: /^(?:PASS|FAIL) /,
    timeoutMs: STAGE_MS_MAX,
  });
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0, problems: [run.tail()] };
  const { passed, failed, skipped } = countReport(JSON.parse(readFileSync(reportFile, 'utf8')));
  const problems = failed > 0 || run.code !== 0 ? [run.tail()] : [];
  if (passed + failed === 0) problems.push(`The stage "${name}" ran no test at all.`);
  const reasons = reasonsForSkips();
  const unexplained = skipped.filter((test) => !reasons.has(test));
  for (const test of unexplained) problems.push(`Skipped, and docs/verification.md gives no reason under "Skipped tests": ${test}`);
  // What makes the stage fail without a failed test counts as one.
  return { passed, failed: failed === 0 && problems.length > 0 ? 1 : failed, skipped: skipped.length, problems };
}
