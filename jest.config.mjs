import { swcOptions } from './tools/build/transform.mjs';

/** One configuration for every spec; tools/test/jest.mjs chooses which paths run. */
export const config = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@switchyard/source', 'node', 'node-addons'] },
  testRegex: '\\.spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/(?:libs|apps|e2e|bench|chaos|tools)/(?:.*/)?dist/', '<rootDir>/\\.switchyard/'],
  watchPathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swcOptions, sourceMaps: 'inline' }] },
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  coverageProvider: 'v8',
  coverageDirectory: '<rootDir>/coverage',
  coveragePathIgnorePatterns: ['/node_modules/', '/dist/', '/gen/', '/generated/', '/testing/', '\\.spec\\.ts$'],
  maxWorkers: 2,
  // Specs wait for conditions, not for time: this only ends what hangs, and a busy machine is no failure.
  testTimeout: 60_000,
  globalSetup: '<rootDir>/tools/test/infra-setup.mjs',
  globalTeardown: '<rootDir>/tools/test/infra-teardown.mjs',
};
// Jest reads the default export of its configuration file.
export default config;
