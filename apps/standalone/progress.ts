const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** Lines that tell a person how far the start is. Times are since the process began. */
export interface Progress {
  /** Something is done. */
  done(what: string): void;
  /** Something that is neither done nor failed. */
  say(line: string): void;
}

export function progressTo(write: (line: string) => void): Progress {
  const say = (line: string) => write(`switchyard  ${line}\n`);
  return { say, done: (what) => say(`${seconds(performance.now()).padStart(7)}  ${what}`) };
}
