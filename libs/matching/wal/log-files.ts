// The files of a log in their folder: `<number of the first record>.log`, sixteen digits.
import { readdirSync } from 'node:fs';
import path from 'node:path';

const namePattern = /^(\d{16})\.log$/;

export interface LogFile {
  readonly path: string;
  /** As the name says. */
  readonly firstSeq: number;
}

export function logFilePath(folder: string, firstSeq: number): string {
  return path.join(folder, `${String(firstSeq).padStart(16, '0')}.log`);
}

/** Oldest first. Files of other names are not the log's. */
export function logFiles(folder: string): LogFile[] {
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort()
    .map((name) => ({ path: path.join(folder, name), firstSeq: Number(name.slice(0, 16)) }));
}

/** The log can't be read whole: something in it is not as it was written. Nothing was changed. */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError';

  constructor(
    readonly file: string,
    /** Where in the file, bytes. */
    readonly offset: number,
    /** The last record before it. */
    readonly lastGoodSeq: number,
    what: string,
  ) {
    super(
      `The log is damaged: ${file}, byte ${offset}: ${what}. The records up to ${lastGoodSeq} are good; nothing was changed. ` +
        'Restore the file from a copy; or, if what follows may be lost, move it away and cut the file at that byte.',
    );
  }
}
