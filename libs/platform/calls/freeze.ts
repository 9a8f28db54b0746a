/**
 * Makes a message that is handed over inside the process immutable. Over gRPC both sides have their own copy; in process both hold the same object, so nobody
 * may change it. Production freezes the top level, which costs nothing and catches the usual slip; tests freeze all of it (SWITCHYARD_FREEZE_MESSAGES=deep).
 */
export type FreezeDepth = 'top' | 'deep';

export function freezeMessage<T>(message: T, depth: FreezeDepth): T {
  return depth === 'top' ? Object.freeze(message) : freezeDeep(message);
}

function freezeDeep<T>(value: T): T {
  // The bytes of a buffer can't be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}
