/** The stages of `npm test`, in order: the quick and cheap first. Each resolves to `{ passed, failed, skipped, problems }`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT, readJson } from '../workspace.mjs';
import { judgeCoverage } from './coverage.mjs';
import { runJestStage } from './jest-stage.mjs';
import { runNode24 } from './process.mjs';

const BASELINE = 'proto/baseline.binpb';
const PASSED = { passed: 1, failed: 0, skipped: 0, problems: [] };
const failedWith = (...problems) => ({ passed: 0, failed: 1, skipped: 0, problems });

/** A program as a stage: it counts as one test. */
async function program(name, file, args = [], options = {}) {
  const run = await runNode24(name, [path.join(ROOT, file), ...args], options);
  return run.code === 0 ? PASSED : failedWith(run.tail());
}

const binOf = (name) => {
  const bin = readJson(`node_modules/${name}/package.json`).bin;
  return `node_modules/${name}/${typeof bin === 'string' ? bin : Object.values(bin)[0]}`;
};

const INTEGRATION = '\\.int\\.spec\\.ts$';
const COVERED = ['libs/**/*.ts', '!**/*.spec.ts', '!**/gen/**', '!**/generated/**', '!**/testing/**', '!**/dist/**', '!libs/testkit/**'];
const COVERAGE_OF = ['unit', 'integration'];

/**
 * `needsServices`: Java and Maven must be there. `needsBuild`: it runs processes from dist. Neighbours of one `group` run at the
 * same time: each of them keeps one processor busy, and none reads what another writes.
 */
export const STAGES = [
  { name: 'buf-lint', run: () => program('buf-lint', binOf('@bufbuild/buf'), ['lint']) },
  {
    name: 'buf-breaking',
    run: () =>
      existsSync(path.join(ROOT, BASELINE))
        ? program('buf-breaking', binOf('@bufbuild/buf'), ['breaking', '--against', BASELINE])
        : Promise.resolve(
            failedWith(
              `There is no ${BASELINE} to compare with. "npm run baseline" makes it from proto/ as it is; it changes only with a line in CHANGELOG.md.`,
            ),
          ),
  },
  { name: 'generated', run: () => program('generated', 'tools/generate/generate.mjs', ['--check']) },
  { name: 'build', run: () => program('build', 'tools/build/build.mjs') },
  { name: 'configuration', needsBuild: true, run: () => program('configuration', 'tools/generate/configuration.mjs', ['--check']) },
  { name: 'migrations', run: () => program('migrations', 'tools/persistence/migrate.mjs', ['drift'], { timeoutMs: 120_000 }) },
  { name: 'format', group: 'static', run: () => program('format', binOf('prettier'), ['--check', '--log-level=warn', '.']) },
  { name: 'lint', group: 'static', run: () => program('lint', 'tools/lint/lint.mjs') },
  { name: 'types', group: 'static', run: () => program('types', 'tools/test/types.mjs', ['--pretty', 'false']) },
  {
    name: 'unit',
    run: () =>
      runJestStage(
        'unit',
        [
          '--testPathIgnorePatterns',
          INTEGRATION,
          '<rootDir>/e2e/',
          '<rootDir>/chaos/',
          '/dist/',
          ...COVERED.map((glob) => `--collectCoverageFrom=${glob}`),
        ],
        { coverage: true },
      ),
  },
  {
    name: 'integration',
    needsServices: true,
    run: () => runJestStage('integration', ['--testPathPatterns', INTEGRATION], { coverage: true }),
  },
  { name: 'coverage', run: coverage },
  {
    name: 'e2e',
    needsServices: true,
    needsBuild: true,
    run: () => runJestStage('e2e', ['--runInBand', '--testPathPatterns', '/e2e/']),
  },
  {
    name: 'crash',
    needsServices: true,
    needsBuild: true,
    run: () => runJestStage('crash', ['--runInBand', '--testPathPatterns', '/chaos/']),
  },
];

async function coverage() {
  const figures = judgeCoverage(COVERAGE_OF);
  for (const { name, percent, goal } of figures)
    process.stdout.write(`    ${percent.toFixed(1)} % of the lines of ${name} (at least ${goal} %)\n`);
  const missed = figures.filter(({ met }) => !met);
  return missed.length === 0
    ? PASSED
    : failedWith(
        ...missed.map(
          ({ name, percent, goal, worst }) =>
            `${name}: ${percent.toFixed(1)} % < ${goal} %; most lines are missing in\n  ${worst.join('\n  ')}`,
        ),
      );
}
