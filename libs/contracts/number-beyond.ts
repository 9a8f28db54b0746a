/** Which number of a request is beyond what a double holds exactly: the generated code refuses the whole message and does not say. */
import { type FieldViolation } from './errors.js';
import { Reason } from './gen/common/v1/reason.js';
import { numberRuleOf } from './number-rules.js';
import { BinaryReader } from './wire-reader.js';

/** The largest number of an int64 field in an API whose numbers are doubles, as JSON's are. */
const largest = Number.MAX_SAFE_INTEGER;
const bounds64 = `must be from ${-largest} to ${largest}`;
const bounds32 = `must be from ${-(2 ** 31)} to ${2 ** 31 - 1}`;

/** Reads a number that is beyond its type as NaN where it has 64 bits, and as Infinity where it has 32: the generated code lets both pass. */
class MarkingReader extends BinaryReader {
  override int64(): number {
    const value = super.int64();
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  override int32(): number {
    const value = super.int64();
    return value === (value | 0) ? value : Infinity;
  }
}

/**
 * The first field of an encoded message whose number is beyond, and the field's own rule, or the bounds of its type where it has none; undefined where there is no
 * such number, or the bytes are no such message. `call` is the name of the call whose request it is: "PlaceOrder".
 */
export function numberBeyond(call: string, decode: (reader: BinaryReader) => unknown, bytes: Uint8Array): FieldViolation | undefined {
  let message: unknown;
  try {
    message = decode(new MarkingReader(bytes));
  } catch {
    return undefined;
  }
  const marked = markIn(message, '');
  if (marked === undefined) return undefined;
  const { field, rule } = marked;
  return { field, description: numberRuleOf(call, field) ?? rule, reason: Reason.OUT_OF_RANGE };
}

/** The first number that is marked: its path as the contract writes paths (`cursors[0].accountSeq`), and the bounds of its type. */
function markIn(value: unknown, path: string): { readonly field: string; readonly rule: string } | undefined {
  if (Number.isNaN(value)) return { field: path, rule: bounds64 };
  if (value === Infinity) return { field: path, rule: bounds32 };
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = markIn(inner, Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
