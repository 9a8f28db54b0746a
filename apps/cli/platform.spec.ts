/** What the command line reads from variables: an empty one is absent. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectTo, dataFolderOf } from './platform.js';

const empty = mkdtempSync(path.join(tmpdir(), 'switchyard-nothing-'));
afterAll(() => rmSync(empty, { recursive: true, force: true }));
const options = { timeout: 1_000 };

describe('an empty variable is absent', () => {
  it('SWITCHYARD_DATA_FOLDER', () => {
    expect(dataFolderOf(options, { SWITCHYARD_DATA_FOLDER: '' })).toBe(dataFolderOf(options, {}));
    expect(dataFolderOf(options, { SWITCHYARD_DATA_FOLDER: empty })).toBe(empty);
  });

  it('SWITCHYARD_ADDRESS', () => {
    const env = { SWITCHYARD_ADDRESS: '', SWITCHYARD_TOKEN: 'a', SWITCHYARD_DATA_FOLDER: empty };
    expect(() => connectTo(options, env)).toThrow('Switchyard does not run here');
  });

  it('SWITCHYARD_TOKEN', () => {
    const env = { SWITCHYARD_ADDRESS: '127.0.0.1:1', SWITCHYARD_TOKEN: '', SWITCHYARD_DATA_FOLDER: empty };
    expect(() => connectTo(options, env)).toThrow('there is no development key to sign a token with');
  });
});
