// Both engines on words that one changed: what the one refuses the other refuses, what both take is the same state.
import { describe, expect, it } from '@jest/globals';
import { everyPlace, executeLines, stateOf } from '../testing/engine-words-suite.js';
import { StateFormatError, type MatchingEngine } from './engine.js';
import { FastEngine } from './fast-engine.js';
import { ReferenceEngine } from './reference-engine.js';

const engines = [ReferenceEngine, FastEngine] as const;
const bitsToFlip = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 29, 30, 31];

/** The state that an engine makes of these words, or that it refused them. */
function readBy(engine: MatchingEngine, words: readonly number[]): string {
  try {
    engine.readState(Int32Array.from(words));
  } catch (error) {
    if (error instanceof StateFormatError) return 'refused';
    throw error;
  }
  engine.validateInternalState();
  return stateOf(engine).join(' ');
}

/** A word as it may be wrong: each of some bits, and values that mean something. */
function wrongWords(word: number): number[] {
  const flipped = bitsToFlip.map((bit) => word ^ (1 << bit));
  return [...new Set([...flipped, 0, 1, -1, word + 1, word - 1])].filter((wrong) => wrong !== word);
}

describe('a state of which one word is another', () => {
  const whole = new ReferenceEngine();
  executeLines(whole, everyPlace);
  const words = stateOf(whole);

  it('is refused by both engines, or is the same state in both', () => {
    const counts = { taken: 0, refused: 0 };
    words.forEach((word, at) => {
      for (const wrong of wrongWords(word)) {
        const changed = words.with(at, wrong);
        const [read, readByFast] = engines.map((Engine) => readBy(new Engine(), changed));
        const message = `word ${at} of ${word} is ${wrong}`;
        expect([message, readByFast]).toEqual([message, read]);
        if (read === 'refused') counts.refused++;
        else expect([message, read]).toEqual([message, changed.join(' ')]);
        if (read !== 'refused') counts.taken++;
      }
    });
    // Quantities, prices and names may be others; most words may not be anything.
    expect(counts.refused).toBeGreaterThan(1_500);
    expect(counts.taken).toBeGreaterThan(500);
  });

  it('is refused by both when it ends anywhere before its end', () => {
    for (let length = 0; length < words.length; length++) {
      const cut = words.slice(0, length);
      expect([length, ...engines.map((Engine) => readBy(new Engine(), cut))]).toEqual([length, 'refused', 'refused']);
    }
  });
});
