import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

/**
 * The canary: it imagines a violation in a file that exists, and expects the lint to sing. Nx's boundary rule passes
 * everything when it finds no project graph, and a rule that was lost in the configuration is silent too.
 */
interface Verdict {
  readonly file: string;
  readonly rules: readonly string[];
  readonly messages: readonly string[];
}

const root = path.resolve(import.meta.dirname, '../..');
const BOUNDARIES = '@nx/enforce-module-boundaries';

/** A source file of the package: the canary needs a file that exists, whichever. */
function fileIn(folder: string): string {
  const file = readdirSync(path.join(root, folder))
    .filter((name) => /^[a-z].*(?<!\.spec|\.d)\.ts$/.test(name))
    .sort()[0];
  if (file === undefined) throw new Error(`the canary needs a source file in ${folder}`);
  return `${folder}/${file}`;
}

const CORE = fileIn('libs/orders/core');
const NEST = fileIn('libs/orders/nest');
const MATCHING_CORE = fileIn('libs/matching/core/engine');
const MATCHING_WAL = fileIn('libs/matching/wal');

const violations = [
  { fact: 'core must not import a framework', file: CORE, code: "export { Module } from '@nestjs/common';\n", rule: BOUNDARIES },
  { fact: 'core must not import the platform', file: CORE, code: "export { runRoles } from '@switchyard/platform';\n", rule: BOUNDARIES },
  { fact: 'core must not import another noun', file: CORE, code: "export { checks } from '@switchyard/risk-core';\n", rule: BOUNDARIES },
  {
    fact: 'core must not reach into another package by path',
    file: CORE,
    code: "export { assert } from '../../kernel/assert.js';\n",
    rule: BOUNDARIES,
  },
  {
    fact: 'a nest library must not import another noun',
    file: NEST,
    code: "export { checks } from '@switchyard/risk-core';\n",
    rule: BOUNDARIES,
  },
  {
    fact: 'orders must not import a connector',
    file: NEST,
    code: "export { paper } from '@switchyard/connectors-paper';\n",
    rule: BOUNDARIES,
  },
  { fact: 'the kernel must not import anything', file: fileIn('libs/kernel'), code: "export { z } from 'zod';\n", rule: BOUNDARIES },
  {
    fact: 'the platform must not know a noun',
    file: fileIn('libs/platform/calls'),
    code: "export { place } from '@switchyard/orders-core';\n",
    rule: BOUNDARIES,
  },
  { fact: 'nobody may import an app', file: NEST, code: "export { main } from '@switchyard/app-order-gateway';\n", rule: BOUNDARIES },
  {
    fact: 'the matching engine must not import a framework',
    file: MATCHING_CORE,
    code: "export { Module } from '@nestjs/common';\n",
    rule: BOUNDARIES,
  },
  {
    fact: 'the matching engine must not read files',
    file: MATCHING_CORE,
    code: "export { readFileSync } from 'node:fs';\n",
    rule: 'no-restricted-imports',
  },
  {
    fact: 'the matching engine must not read the clock',
    file: MATCHING_CORE,
    code: 'export const now = () => Date.now();\n',
    rule: 'no-restricted-properties',
  },
  { fact: "the matching engine's log must not import from npm", file: MATCHING_WAL, code: "export { z } from 'zod';\n", rule: BOUNDARIES },
  {
    fact: "the matching engine's log must not import a framework",
    file: MATCHING_WAL,
    code: "export { Module } from '@nestjs/common';\n",
    rule: BOUNDARIES,
  },
  {
    fact: 'the matching engine must not have a long function',
    file: MATCHING_CORE,
    code: `export function long(): void {\n${'  void 0;\n'.repeat(50)}}\n`,
    rule: 'max-lines-per-function',
  },
  { fact: 'core must not read the clock', file: CORE, code: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { fact: 'core must not make the time', file: CORE, code: 'export const now = () => new Date();\n', rule: 'no-restricted-syntax' },
  { fact: 'core must not roll dice', file: CORE, code: 'export const dice = () => Math.random();\n', rule: 'no-restricted-properties' },
  {
    fact: 'core must not set a timer',
    file: CORE,
    code: 'export const later = (run: () => void) => setTimeout(run, 1);\n',
    rule: 'no-restricted-globals',
  },
  {
    fact: 'core must not throw a bare Error',
    file: CORE,
    code: "export const fail = (): never => { throw new Error('no'); };\n",
    rule: 'no-restricted-syntax',
  },
  { fact: 'core must not read files', file: CORE, code: "export { readFileSync } from 'node:fs';\n", rule: 'no-restricted-imports' },
  {
    fact: 'core must not read files by the old name',
    file: CORE,
    code: "export { readFileSync } from 'fs';\n",
    rule: 'no-restricted-imports',
  },
  {
    fact: 'core must not import in the middle of a file',
    file: CORE,
    code: "export const fs = () => import('node:fs');\n",
    rule: 'no-restricted-syntax',
  },
  {
    fact: 'core must not make identities',
    file: CORE,
    code: "export { randomUUID, randomBytes } from 'node:crypto';\n",
    rule: 'no-restricted-imports',
  },
  {
    fact: 'core must not wait',
    file: CORE,
    code: "export { setTimeout as wait } from 'timers/promises';\n",
    rule: 'no-restricted-imports',
  },
  {
    fact: 'core must not reach the clock by another way',
    file: CORE,
    code: 'export const now = () => globalThis.Date.now();\n',
    rule: 'no-restricted-globals',
  },
  {
    fact: 'core must not reach the environment by another way',
    file: CORE,
    code: 'export const home = () => globalThis.process.env;\n',
    rule: 'no-restricted-globals',
  },
  {
    fact: 'only configuration reads the environment',
    file: NEST,
    code: 'export const home = process.env;\n',
    rule: 'no-restricted-properties',
  },
  {
    fact: 'fakes are for specs',
    file: NEST,
    code: "export { fake } from '@switchyard/orders-core/testing';\n",
    rule: 'no-restricted-imports',
  },
  { fact: 'a default export is refused', file: NEST, code: 'export default 1;\n', rule: 'no-restricted-syntax' },
  {
    fact: 'a promise must not float',
    file: NEST,
    code: 'const run = async () => 1;\nrun();\n',
    rule: '@typescript-eslint/no-floating-promises',
  },
  {
    fact: 'a switch over a union must be complete',
    file: NEST,
    code: "export function f(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }\n",
    rule: '@typescript-eslint/switch-exhaustiveness-check',
  },
  {
    fact: 'a type is imported as one',
    file: NEST,
    code: "import { EventEmitter } from 'node:events';\nexport type E = EventEmitter;\n",
    rule: '@typescript-eslint/consistent-type-imports',
  },
  { fact: 'any is refused', file: NEST, code: 'export const x: any = 1;\n', rule: '@typescript-eslint/no-explicit-any' },
];

const allowed = [
  {
    fact: 'core may import the kernel and the contracts',
    file: CORE,
    code: "export { assert } from '@switchyard/kernel';\nexport { TOPICS } from '@switchyard/contracts';\n",
  },
  {
    fact: 'a nest library may import its core, the platform and a framework',
    file: NEST,
    code: "export { Module } from '@nestjs/common';\nexport { a } from '@switchyard/orders-core';\nexport { b } from '@switchyard/platform';\n",
  },
  {
    fact: "the matching engine's log may import node's own modules and the engine",
    file: MATCHING_WAL,
    code: "export { fdatasync } from 'node:fs';\nexport { FastEngine } from '@switchyard/matching-core/engine';\n",
  },
  { fact: 'core may hash', file: CORE, code: "export { hash } from 'node:crypto';\n" },
  {
    fact: "the brokers' nest library may import a connector",
    file: fileIn('libs/brokers/nest'),
    code: "export { paper } from '@switchyard/connectors-paper';\n",
  },
];

function lint(texts: readonly { file: string; code: string }[], flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Verdict[] {
  const run = spawnSync(process.execPath, [path.join(root, 'tools/lint/canary.mjs'), ...flags], {
    cwd: root,
    input: JSON.stringify(texts.map(({ file, code }) => ({ file, code }))),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    maxBuffer: 1 << 24,
  });
  if (run.status !== 0) throw new Error(`the canary could not lint: ${run.stderr}`);
  return JSON.parse(run.stdout.slice(run.stdout.lastIndexOf('\n[{') + 1)) as Verdict[];
}

describe('the lint', () => {
  let verdicts: Verdict[];
  beforeAll(() => {
    verdicts = lint([...violations, ...allowed]);
  }, 120_000);

  it.each(violations.map((row, index) => ({ ...row, index })))('bites: $fact', ({ index, rule }) => {
    expect(verdicts[index]?.rules).toContain(rule);
  });

  it.each(allowed.map((row, index) => ({ ...row, index: violations.length + index })))('lets pass: $fact', ({ index }) => {
    expect(verdicts[index]?.messages).toEqual([]);
  });

  it('would be silent about boundaries without a project graph, and the canary would notice', () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'switchyard-no-graph-'));
    try {
      const [verdict] = lint([violations[1] ?? { file: CORE, code: '' }], ['--no-graph'], {
        NX_WORKSPACE_DATA_DIRECTORY: empty,
        NX_DAEMON: 'false',
      });
      expect(verdict?.rules).not.toContain(BOUNDARIES);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  }, 120_000);
});
