import { err, ok, type Result } from './result.js';

/** Characters that people may write as a name or a reason. */
export const freeTextLengthMax = 400;

/** Why a text is refused. */
export type FreeTextError = { readonly code: 'TOO_LONG' | 'CONTROL_CHARACTER'; readonly rule: string };

const tooLong: FreeTextError = Object.freeze({ code: 'TOO_LONG', rule: `at most ${freeTextLengthMax} characters` });
const controlCharacter: FreeTextError = Object.freeze({ code: 'CONTROL_CHARACTER', rule: 'one line of text without control characters' });
const controlCharacters = /\p{Cc}|\p{Cs}|[\u2028\u2029]/u;

/**
 * What people write for people, which may be empty: one line. PostgreSQL takes no NUL, a line break forges lines of a log, and half a surrogate pair has no
 * encoding; each would be found only by a reader that can't go on.
 */
export function parseFreeText(text: string): Result<string, FreeTextError> {
  if (text.length > freeTextLengthMax) return err(tooLong);
  return controlCharacters.test(text) ? err(controlCharacter) : ok(text);
}

const unwritable = /[\p{Cc}\p{Cs}\u2028\u2029]/gu;

/** What another program said, as one line that can be kept: every character that `parseFreeText` refuses becomes "\ufffd", and what is too long ends in "…". */
export function asFreeText(text: string): string {
  const line = text.replace(unwritable, '\ufffd');
  // What the cut leaves of a pair of surrogates goes too.
  return line.length <= freeTextLengthMax ? line : `${line.slice(0, freeTextLengthMax - 1).replace(/\p{Cs}$/u, '')}…`;
}
