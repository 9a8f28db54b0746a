/**
 * Runs Jest on Node 24 with the flags that ES modules need; every argument is passed on.
 * `node tools/test/jest.mjs libs/kernel` runs the specs under one folder.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { becomeNode24 } from '../start/node24.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const jest = path.join(path.dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin/jest.js');

/** Flags for Node 24 under Jest: ES modules in its sandbox are still behind a flag, with a warning we know. */
export const JEST_NODE_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

becomeNode24([...JEST_NODE_FLAGS, jest, '-c', path.join(root, 'jest.config.mjs'), ...process.argv.slice(2)]);
