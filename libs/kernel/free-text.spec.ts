import { describe, expect, it } from '@jest/globals';
import { asFreeText, freeTextLengthMax, parseFreeText } from './free-text.js';

describe('a free text', () => {
  it.each(['', 'opening cash', 'für größere Käufe – 50 %', '口座', '🙂', 'x'.repeat(freeTextLengthMax)])('may be %j', (text) => {
    expect(parseFreeText(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    ['NUL', 'x\u0000y'],
    ['a line break', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a tabulator', 'a\tb'],
    ['escape', '\u001b[31m'],
    ['DEL', '\u007f'],
    ['a control character of Latin-1', '\u0085'],
    ['a line separator', '\u2028'],
    ['half a surrogate pair', 'a\ud83d'],
  ])('has no %s', (_, text) => {
    expect(parseFreeText(text)).toMatchObject({ ok: false, error: { code: 'CONTROL_CHARACTER' } });
  });

  it('has an end', () => {
    expect(parseFreeText('x'.repeat(freeTextLengthMax + 1))).toMatchObject({ ok: false, error: { code: 'TOO_LONG' } });
  });
});

describe('what another program said', () => {
  it.each([
    ['no margin', 'no margin'],
    ['x\u0000y', 'x\ufffdy'],
    ['two\r\nlines', 'two\ufffd\ufffdlines'],
    ['half a pair \ud83d.', 'half a pair \ufffd.'],
    ['a whole one 🙂', 'a whole one 🙂'],
    ['x'.repeat(freeTextLengthMax), 'x'.repeat(freeTextLengthMax)],
    ['x'.repeat(freeTextLengthMax + 1), `${'x'.repeat(freeTextLengthMax - 1)}…`],
    [`${'x'.repeat(freeTextLengthMax - 2)}🙂🙂`, `${'x'.repeat(freeTextLengthMax - 2)}…`],
  ])('%j can be kept as %j', (said, kept) => {
    expect(asFreeText(said)).toBe(kept);
    expect(parseFreeText(kept)).toEqual({ ok: true, value: kept });
  });
});
