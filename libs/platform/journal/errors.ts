/** Why an append was refused, as typed errors. All but CommitUnknownError promise that nothing was written. */

/** A unique constraint of the noun is violated: the caller's mistake. `constraint` names it. Nothing of this change was written. */
export class UniqueConflictError extends Error {
  override readonly name = 'UniqueConflictError';
  readonly constraint: string;

  constructor(constraint: string, options?: ErrorOptions) {
    super(`a row with this ${constraint} exists`, options);
    this.constraint = constraint;
  }
}

/** The extra gate was false: what the change was judged by is no longer so. Nothing was written; judge again. */
export class GateClosedError extends Error {
  override readonly name = 'GateClosedError';

  constructor() {
    super('the gate was closed when the statement ran; judge again by the newer version');
  }
}

/** This process does not own the unit (any more). Nothing was written. */
export class HolderLostError extends Error {
  override readonly name = 'HolderLostError';
}

/** No answer to the statement: it may have been written or not. `acquired` follows, and shows which. */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError';
}

/** The database refused the change itself (a check, a type, a size); nothing was written. The cause is the database's error. */
export class AppendRefusedError extends Error {
  override readonly name = 'AppendRefusedError';
}

/** A stream does not hold what this process wrote last: two writers, or rows changed by hand. The journal stops and a person decides. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}
