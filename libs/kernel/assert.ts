// Broken invariants: facts that our own code must keep. A refusal is a value and an operating error is a typed class; neither belongs here.

/** A fact that our own code must keep does not hold. Nobody catches it to carry on: the process reports it and ends. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';

  constructor(message: string) {
    super(`Invariant: ${message}`);
  }
}

/**
 * States a fact that always holds at this line; the checks stay on in production.
 * @param message the positive rule, e.g. `cumQty + leavesQty equals orderQty`.
 * @throws InvariantError when the condition is falsy.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/**
 * Ends a switch over a union or enum: it compiles only while every case is handled.
 * @param what the name of the thing, e.g. `ordStatus`.
 * @throws InvariantError always; it is reached only by a value that the types do not know.
 */
export function assertNever(value: never, what: string): never {
  throw new InvariantError(`${what} is one of its known values, not ${describe(value)}`);
}

function describe(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
