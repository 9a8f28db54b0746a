import { builtinModules } from 'node:module';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { boundaries } from './tools/lint/boundaries.mjs';

/** What frameworks and drivers are: never in a core, a connector or the kernel. */
const FRAMEWORKS = ['@nestjs/*', 'kafkajs', '@prisma/*', '@grpc/*', 'pg', 'rxjs', 'bullmq', 'ioredis', 'undici', 'ws', 'pino'];

const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name: a default export is renamed at every import.' };
const noEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Configuration is read once, by libs/platform/config, and handed on as a value.',
};
const noTestingImport = {
  group: ['@switchyard/*/testing'],
  message: 'Builders and fakes are for specs, and for the testing folders of others.',
};
const noEnvironmentImport = {
  name: 'node:process',
  message: 'Configuration is read once, by libs/platform/config, and handed on as a value.',
};

const coreGlobals = [
  'globalThis',
  'crypto',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'performance',
  'process',
  'fetch',
  'console',
];
/** Everything of the machine, under both of its names; of crypto only what computes, see below. */
const coreModules = builtinModules
  .filter((name) => name !== 'crypto')
  .flatMap((name) => (name.startsWith('node:') ? [name] : [name, `node:${name}`]));
const inject = 'Time, identities and randomness are arguments or ports in core (kernel: Clock, Prng).';

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '**/gen', '**/generated', '**/coverage', '.switchyard', '.nx'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      eqeqeq: 'error',
      'no-debugger': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  // Tools that load a file by its default export.
  { files: ['*.config.mjs', 'tools/test/infra-*.mjs'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaries({ spec: false })],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-properties': ['error', noEnvironment],
      'no-restricted-imports': ['error', { paths: [noEnvironmentImport], patterns: [noTestingImport] }],
    },
  },
  {
    files: ['libs/*/core/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': ['error', ...coreGlobals.map((name) => ({ name, message: inject }))],
      'no-restricted-properties': [
        'error',
        noEnvironment,
        { object: 'Date', property: 'now', message: inject },
        { object: 'Math', property: 'random', message: inject },
        { object: 'crypto', property: 'randomUUID', message: inject },
        { property: 'toLocaleString', message: 'It depends on the machine that runs it.' },
      ],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: inject },
        { selector: 'ImportExpression', message: 'Core says at the top of a file what it imports.' },
        {
          selector: 'ThrowStatement > NewExpression[callee.name="Error"]',
          message: 'A refusal is a value, an operating error a typed class, a broken invariant an assert.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...coreModules.map((name) => ({ name, message: 'Core is free of frameworks and of the machine.' })),
            { name: 'crypto', message: inject },
            { name: 'node:crypto', allowImportNames: ['hash', 'createHash'], message: inject },
          ],
          patterns: [noTestingImport, { group: FRAMEWORKS, message: 'Core is free of frameworks and of the machine.' }],
        },
      ],
    },
  },
  {
    // The engine is read function by function; V8 puts them together again.
    files: ['libs/matching/core/**/*.ts', 'libs/matching/wal/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: { 'max-lines-per-function': ['error', 50] },
  },
  {
    // Fakes take turns as the real things do, and a builder that is used wrongly may simply throw; they still read no clock and no dice.
    files: ['libs/*/core/testing/**/*.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-syntax': ['error', noDefaultExport] },
  },
  {
    files: ['libs/connectors/*/**/*.ts'],
    ignores: ['libs/connectors/port/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [noEnvironmentImport],
          patterns: [
            noTestingImport,
            {
              group: ['@switchyard/connectors-*', '!@switchyard/connectors-port'],
              message: 'A connector knows the port and no other broker.',
            },
          ],
        },
      ],
    },
  },
  {
    // Who may read the environment: the one reader of configuration, programs' first lines, and what tests and measures.
    files: ['libs/platform/config/**', 'tools/**', 'apps/**/main.ts', 'e2e/**', 'bench/**', 'chaos/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/testing/**/*.ts', 'libs/testkit/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts', 'chaos/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaries({ spec: true })],
      'no-restricted-imports': ['error', { paths: [noEnvironmentImport] }],
    },
  },
  prettier,
);
