/** Judges the coverage of the Jest stages together: lines of every core, and of all libraries. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from '@swc/core';
import libCoverage from 'istanbul-lib-coverage';
import { swcOptions } from '../build/transform.mjs';
import { ROOT } from '../workspace.mjs';
import { coverageFolder } from './jest-stage.mjs';

/** Least percentage of lines. */
const GOALS = [
  { name: 'core', goal: 90, matches: (file) => /^libs\/[^/]+\/core\//.test(file) },
  { name: 'all libraries', goal: 80, matches: (file) => file.startsWith('libs/') },
];

/** Whether a file leaves anything to run: one of types alone does not, and V8 would count all its lines as missed. */
function hasCode(file) {
  const { code } = transformSync(readFileSync(file, 'utf8'), { ...swcOptions, filename: file });
  return (
    code
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
      .replace(/export\s*\{\s*\};?/, '')
      .trim() !== ''
  );
}

/** Merges the reports of the named stages; one figure per goal, each with the worst files. */
export function judgeCoverage(stages) {
  const map = libCoverage.createCoverageMap({});
  const reports = stages.map((stage) => path.join(coverageFolder(stage), 'coverage-final.json')).filter((file) => existsSync(file));
  for (const report of reports) map.merge(JSON.parse(readFileSync(report, 'utf8')));
  const files = map
    .files()
    .map((file) => ({ file: path.relative(ROOT, file).replaceAll('\\', '/'), lines: map.fileCoverageFor(file).toSummary().lines }));
  return GOALS.map(({ name, goal, matches }) => {
    const matching = files.filter(({ file }) => matches(file));
    const total = matching.reduce((sum, { lines }) => sum + lines.total, 0);
    const covered = matching.reduce((sum, { lines }) => sum + lines.covered, 0);
    const percent = total === 0 ? 0 : (100 * covered) / total;
    const worst = matching.sort((a, b) => b.lines.total - b.lines.covered - (a.lines.total - a.lines.covered)).slice(0, 10);
    return { name, goal, percent, met: percent >= goal, worst: worst.map(({ file, lines }) => `${file} ${lines.covered}/${lines.total}`) };
  });
}
