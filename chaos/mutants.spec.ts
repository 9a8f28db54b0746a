// A mutant is an edit of a built file: one whose text went away would break nothing, or only a process at its start.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { mutants } from './mutants.js';
import { scenarios } from './scenarios.js';

const root = path.resolve(import.meta.dirname, '..');

describe.each(mutants.map((mutant) => [mutant.name, mutant] as const))('the mutant %s', (name, { edits }) => {
  it.each(edits.map(({ file, from }) => [file, from] as const))('finds its text once in %s', (file, from) => {
    expect(readFileSync(path.join(root, file), 'utf8').split(from)).toHaveLength(2);
  });

  it('has a scenario', () => {
    expect(scenarios[name]).toBeDefined();
  });
});
