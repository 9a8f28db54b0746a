/** Which number of a request is beyond what a double holds exactly: the generated code refuses the whole message and does not say. */
import { type FieldViolation } from './errors.js';
import { Reason } from './gen/common/v1/reason.js';
import { numberRuleOf } from './number-rules.js';
import { BinaryReader } from './wire-reader.js';

/** The largest number of an int64 field in an API whose numbers are doubles, as JSON's are. */
const largest = Number.MAX_SAFE_INTEGER;

/** Reads a number that is beyond as one that is none, which the generated code lets pass. */
class MarkingReader extends BinaryReader {
  override int64(): number {
    const value = super.int64();
    return Number.isSafeInteger(value) ? value : Number.NaN;
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
  const field = fieldOfNaN(message, '');
  if (field === undefined) return undefined;
  return { field, description: numberRuleOf(call, field) ?? `must be from ${-largest} to ${largest}`, reason: Reason.OUT_OF_RANGE };
}

/** The path of the first number that is none, as the contract writes paths: `cursors[0].accountSeq`. */
function fieldOfNaN(value: unknown, path: string): string | undefined {
  if (Number.isNaN(value)) return path;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = fieldOfNaN(inner, Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
