// The files of a log in their folder: `<number of the first record>.log`, sixteen digits.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const namePattern = /^(\d{16})\.log$/;
/** In a log's folder, written by whoever moves its oldest files away: the number of the first record that stays. Without it the log begins with record 1. */
const firstRecordName = 'first-record';

export interface LogFile {
  readonly path: string;
  /** As the name says. */
  readonly firstSeq: number;
}

export function logFilePath(folder: string, firstSeq: number): string {
  return path.join(folder, `${String(firstSeq).padStart(16, '0')}.log`);
}

/** Files are missing before this one. */
export function missingBefore({ path: file, firstSeq }: LogFile, nextSeq: number): CorruptLogError {
  return new CorruptLogError(
    file,
    0,
    nextSeq - 1,
    `it begins with record ${firstSeq}, and ${nextSeq} is the next`,
    `The records ${nextSeq} to ${firstSeq - 1} are missing: restore their files, or the end of the file before this one, from a copy. If older files were moved away on ` +
      `purpose, write ${firstSeq} into ${path.join(path.dirname(file), firstRecordName)}.`,
  );
}

/** Oldest first. Files of other names are not the log's. */
export function logFiles(folder: string): LogFile[] {
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort()
    .map((name) => ({ path: path.join(folder, name), firstSeq: Number(name.slice(0, 16)) }));
}

/** The record that the log begins with, or an earlier one: what older ones were in was moved away, and is not missing. */
export function firstRecordOf(folder: string): number {
  const file = path.join(folder, firstRecordName);
  if (!existsSync(file)) return 1;
  const text = readFileSync(file, 'utf8').trim();
  if (/^[1-9]\d{0,15}$/.test(text)) return Number(text);
  throw new CorruptLogError(
    file,
    0,
    0,
    'it does not hold the number of a record',
    'Write the number of the first record that stays into it.',
  );
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
    whatToDo = 'Restore the file from a copy; or, if what follows may be lost, move it away and cut the file at that byte.',
  ) {
    super(
      `The log is damaged: ${file}, byte ${offset}: ${what}. The records up to ${lastGoodSeq} are good; nothing was changed. ${whatToDo}`,
    );
  }
}
