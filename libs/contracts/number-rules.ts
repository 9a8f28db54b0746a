/**
 * The rules of numbers in requests that are narrower than their types, in words: who serves the call applies them, and what lies beyond the type, and never gets
 * there, is told the same.
 */

/** The last instant that a date holds, in the year 275760. */
export const dateMsMax = 8_640_000_000_000_000;
export const pageSizeMax = { orders: 200, postings: 500 } as const;
export const searchLimitMax = 100;
/** The largest number of 64 bits here: a double holds no more. */
const largest = Number.MAX_SAFE_INTEGER;

/** By the field, or by the call and the field where calls differ. */
export const numberRules = {
  sendBeforeMs: `must be milliseconds since 1970, at most ${dateMsMax}, or 0`,
  expireAtMs: 'must be milliseconds since 1970, before the year 2106',
  accountSeq: `must be a whole number from -1, at most ${largest}`,
  fromSeq: `must be 0 or more, at most ${largest}`,
  'StreamExecutions.fromSeq': `must be 1 or more, at most ${largest}`,
  quoteAgeMaxMs: `must be 0 or more, at most ${largest}`,
  commandsPerSecondMax: `must be 0 or more, at most ${2 ** 31 - 1}`,
  'PutSession.commandsPerSecondMax': 'must be from 0 (the default of the broker) to 100000',
  'ListOrders.pageSize': `must be from 1 to ${pageSizeMax.orders}, or left out`,
  'ListLedger.pageSize': `must be from 1 to ${pageSizeMax.postings}, or left out`,
  'SearchInstruments.limit': `must be from 1 to ${searchLimitMax}, or left out`,
} as const;

/** The rule of a field by its path ("content.sendBeforeMs"), in a call by its name ("PlaceOrder"); undefined where the bounds of its type are all there is. */
export function numberRuleOf(call: string, path: string): string | undefined {
  const field = path.slice(path.lastIndexOf('.') + 1);
  const rules: Readonly<Record<string, string>> = numberRules;
  return rules[`${call}.${field}`] ?? rules[field];
}
