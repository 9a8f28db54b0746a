/** What is wrong with a body as JSON, and what JSON.parse lets pass: a caller must not be understood as having said something else than it sent. */
import { isUtf8 } from 'node:buffer';
import { fieldsRefused, type FieldViolation, Reason } from '@switchyard/contracts';
import { type IncomingMessage, type ServerResponse } from 'node:http';

const tokens = /"(?:[^"\\]|\\[^])*"?|[{}[\],:]/g;

/** What is unclear about a body of JSON: bytes that are no UTF-8, which would become other text, or a name that stands twice in an object, whose first value would be lost. */
export function unclearJson(bytes: Buffer): FieldViolation | undefined {
  if (!isUtf8(bytes)) return { field: 'body', description: 'must be UTF-8', reason: Reason.FIELD_MALFORMED };
  const field = nameGivenTwice(bytes.toString('utf8'));
  return field === undefined ? undefined : { field, description: 'must be given once', reason: Reason.FIELD_MALFORMED };
}

/** Behind the parser of bodies: a body that is no JSON, as the error of a call. Nest would make one of it that does not say so. */
export function refuseNoJson(error: unknown, _: IncomingMessage, __: ServerResponse, next: (error: unknown) => void): void {
  if (!(error instanceof SyntaxError)) return next(error);
  next(fieldsRefused([{ field: 'body', description: `must be JSON: ${error.message}`, reason: Reason.FIELD_MALFORMED }]));
}

/** An object or list whose end is not read yet. */
interface Open {
  /** Of the members so far; a list has none. */
  readonly names?: Set<string>;
  /** The member that is being read: its name, or its place in the list. */
  at: string | number;
}

/** Path of the first name that an object of the text has twice (`content.orderQty`, `routes[0].sessionId`). Of what is no JSON, which the parser refuses, it says anything. */
function nameGivenTwice(text: string): string | undefined {
  const open: Open[] = [];
  let former = '';
  for (const [token] of text.matchAll(tokens)) {
    const inner = open.at(-1);
    if (token === '{') open.push({ names: new Set(), at: '' });
    else if (token === '[') open.push({ at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && typeof inner?.at === 'number') inner.at++;
    else if (token === ':' && inner?.names !== undefined) {
      inner.at = nameOf(former);
      if (inner.names.has(inner.at)) return pathOf(open);
      inner.names.add(inner.at);
    }
    former = token;
  }
  return undefined;
}

/** A name can be written in several ways: `"a"` is `"\u0061"`. */
function nameOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}

function pathOf(open: readonly Open[]): string {
  return open.map(({ at }, depth) => (typeof at === 'number' ? `[${at}]` : depth === 0 ? at : `.${at}`)).join('');
}
