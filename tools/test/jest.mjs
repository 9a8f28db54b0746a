/**
 * Runs Jest on Node 24 with the flags that ES modules need; every argument is passed on.
 * `node tools/test/jest.mjs libs/kernel` runs the specs under one folder.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { becomeNode24 } from '../start/node24.mjs';
import { ROOT } from '../workspace.mjs';
import { JEST_NODE_FLAGS } from './jest-flags.mjs';

const jest = path.join(path.dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin/jest.js');
becomeNode24([...JEST_NODE_FLAGS, jest, '-c', path.join(ROOT, 'jest.config.mjs'), ...process.argv.slice(2)]);
