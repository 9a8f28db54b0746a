import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';

/** Thrown by a reader's effect: this row can't be applied, now or later, until somebody acts. Its key is parked from here. */
export class CannotApplyError extends Error {
  override readonly name = 'CannotApplyError';
  readonly row: JournalRow;

  /** @param why a sentence for the operator. */
  constructor(row: JournalRow, why: string, options?: ErrorOptions) {
    super(why, options);
    this.row = row;
  }
}
