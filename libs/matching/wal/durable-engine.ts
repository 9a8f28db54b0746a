// An engine whose commands are in a log before it executes them: whatever ends the process, the same commands give the same engine again.
import { assert } from '@switchyard/kernel';
import { StateWords, wordsOfCommand, type MatchingEngine } from '@switchyard/matching-core/engine';
import { FolderLock } from './folder-lock.js';
import { LogContent } from './format.js';
import { LogWriter, type LogSettings } from './log-writer.js';
import { readSnapshots, saveSnapshot } from './snapshots.js';

export interface DurableEngineOptions {
  readonly folder: string;
  /** Makes an empty engine. */
  readonly makeEngine: () => MatchingEngine;
  readonly settings?: Partial<LogSettings>;
  /** A torn tail was cut, or a snapshot was passed over: nothing is lost, and somebody should know. */
  readonly warn: (text: string) => void;
}

export interface Recovery {
  /** Of the snapshot that it began from; 0 without one. */
  readonly snapshotSeq: number;
  readonly replayedCount: number;
  readonly tornBytes: number;
}

/** Commands of one frame, at most: a batch that is longer becomes several frames. */
const frameWordsMax = 1024 * 1024;

export class DurableEngine {
  readonly engine: MatchingEngine;
  readonly recovery: Recovery;
  readonly #folder: string;
  readonly #lock: FolderLock;
  readonly #log: LogWriter;

  /** Set while a batch is under way, and for good where one failed. */
  #isBroken = false;

  private constructor(engine: MatchingEngine, folder: string, lock: FolderLock, log: LogWriter, recovery: Recovery) {
    this.engine = engine;
    this.#folder = folder;
    this.#lock = lock;
    this.#log = log;
    this.recovery = recovery;
  }

  /**
   * Recovers from what the folder holds: the newest good snapshot, then the log. Throws CorruptLogError when the log is damaged, and an Error when another engine has the
   * folder: two would write over each other's commands.
   */
  static open(options: DurableEngineOptions): DurableEngine {
    const lock = FolderLock.tryTake(options.folder, 'matching engine');
    if (lock === undefined)
      throw new Error(`Another engine runs on the log in ${options.folder}; close it, or give this one a folder of its own.`);
    try {
      return DurableEngine.#recover(options, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  static #recover({ folder, makeEngine, settings, warn }: DurableEngineOptions, lock: FolderLock): DurableEngine {
    const { engine, seq } = fromSnapshot(folder, makeEngine, warn);
    let replayedCount = 0;
    const { writer, tornBytes } = LogWriter.open(
      folder,
      LogContent.COMMANDS,
      seq + 1,
      ({ payload, firstSeq, recordsCount }) => {
        const words = new Int32Array(payload.buffer, payload.byteOffset, payload.length / 4);
        const from = skip(words, engine.commandSeq + 1 - firstSeq);
        engine.execute(words, from, words.length);
        engine.clearReports();
        replayedCount += recordsCount;
      },
      settings,
    );
    if (writer.lastSeq !== engine.commandSeq)
      throw new Error(
        `The log in ${folder} ends with command ${writer.lastSeq}, and its snapshot holds ${engine.commandSeq}: files of the log are missing.`,
      );
    if (tornBytes > 0)
      warn(
        `The last ${tornBytes} bytes of the log in ${folder} were not finished when its process died; they were cut off. No command in them was acknowledged.`,
      );
    return new DurableEngine(engine, folder, lock, writer, { snapshotSeq: seq, replayedCount, tornBytes });
  }

  /**
   * Writes the commands in `words[from, to)` to the log, then executes them; the reports are the engine's. Returns when the log's setting says that they are durable.
   * After an error nothing more is taken: whether the commands were written is found out by opening the folder again.
   */
  execute(words: Int32Array, from: number, to: number): void {
    assert(!this.#isBroken, 'an engine that failed takes nothing more: open its folder again');
    this.#isBroken = true;
    for (let at = from; at < to;) {
      const { end, count } = frameEnd(words, at, to);
      assert(end <= to, 'the words to execute are whole commands');
      this.#log.append(new Uint8Array(words.buffer, words.byteOffset + at * 4, (end - at) * 4), count);
      this.engine.execute(words, at, end);
      at = end;
    }
    this.#isBroken = false;
  }

  /** Keeps a snapshot of now. */
  saveSnapshot(): void {
    assert(!this.#isBroken, 'what a command left half done is not kept: the log has that command');
    const state = new StateWords();
    this.engine.writeState(state);
    const { words } = state;
    this.#log.sync();
    saveSnapshot(this.#folder, { seq: this.engine.commandSeq, content: new Uint8Array(words.buffer, words.byteOffset, words.byteLength) });
  }

  close(): void {
    this.#log.close();
    this.#lock.release();
  }
}

function fromSnapshot(
  folder: string,
  makeEngine: () => MatchingEngine,
  warn: (text: string) => void,
): { engine: MatchingEngine; seq: number } {
  const passOver = (file: string, what: string): void =>
    warn(`The snapshot ${file} is passed over: ${what}. An older one or the log itself serves instead.`);
  for (const { seq, content } of readSnapshots(folder, passOver)) {
    const engine = makeEngine();
    const words = new Int32Array(content.length / 4);
    content.copy(new Uint8Array(words.buffer));
    try {
      engine.readState(words);
      return { engine, seq };
    } catch (error) {
      passOver(String(seq), error instanceof Error ? error.message : String(error));
    }
  }
  return { engine: makeEngine(), seq: 0 };
}

/** Where the command begins that comes after `count` others. */
function skip(words: Int32Array, count: number): number {
  let at = 0;
  for (let left = count; left > 0; left--) at += wordsOfCommand(words, at);
  return at;
}

/** The end of the last whole command that fits a frame with the first, and how many there are. */
function frameEnd(words: Int32Array, from: number, to: number): { end: number; count: number } {
  let end = from;
  let count = 0;
  while (end < to && end - from < frameWordsMax) {
    end += wordsOfCommand(words, end);
    count++;
  }
  return { end, count };
}
