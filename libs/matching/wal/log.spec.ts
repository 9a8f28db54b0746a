import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileHeaderBytes, frameBytes, frameHeaderBytes, LogContent } from './format.js';
import { CorruptLogError } from './log-files.js';
import { readLog } from './log-reader.js';
import { LogWriter, type LogSettings } from './log-writer.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-wal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Read {
  readonly records: string[];
  readonly tornBytes: number;
}

/** Records are texts, one or more a frame, parted by line ends. */
function open(settings: Partial<LogSettings> = {}, fromSeq = 1): { writer: LogWriter } & Read {
  const records: string[] = [];
  const { writer, tornBytes } = LogWriter.open(
    folder,
    LogContent.EVENTS,
    fromSeq,
    ({ payload, firstSeq, recordsCount }) => {
      const texts = payload.toString().split('\n');
      expect(texts).toHaveLength(recordsCount);
      records.push(...texts.slice(Math.max(0, fromSeq - firstSeq)));
    },
    { sync: 'none', ...settings },
  );
  return { writer, records, tornBytes };
}

function read(): Read {
  const { writer, records, tornBytes } = open();
  writer.close();
  return { records, tornBytes };
}

function write(frames: readonly string[], settings: Partial<LogSettings> = {}): void {
  const { writer } = open(settings);
  for (const frame of frames) writer.append(Buffer.from(frame), frame.split('\n').length);
  writer.close();
}

function onlyFile(): string {
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  return path.join(folder, names[0] as string);
}

describe('a log', () => {
  it('has what was appended, in order, and goes on after a new start', () => {
    write(['one', 'two\nthree']);
    write(['four']);
    expect(read()).toEqual({ records: ['one', 'two', 'three', 'four'], tornBytes: 0 });
  });

  it.each(['frame', 'none'] as const)('with sync %s hands out the same', (sync) => {
    write(['one', 'two'], { sync });
    expect(read().records).toEqual(['one', 'two']);
  });

  it('is read from a record on, also from within a frame', () => {
    write(['one', 'two\nthree', 'four']);
    const { writer, records } = open({}, 3);
    writer.close();
    expect(records).toEqual(['three', 'four']);
  });

  it('is parted into files, each named after its first record; older ones are checked, and hand out nothing that was not asked for', () => {
    const bytes = fileHeaderBytes + 2 * frameBytes(4);
    write(['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee'], { fileBytesMax: bytes });
    expect(readdirSync(folder)).toEqual(['0000000000000001.log', '0000000000000003.log', '0000000000000005.log']);
    expect(read().records).toEqual(['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee']);
    const { writer, records } = open({}, 3);
    writer.close();
    expect(records).toEqual(['cccc', 'dddd', 'eeee']);
    writeFileSync(path.join(folder, '0000000000000001.log'), 'damaged');
    expect(() => open({}, 3)).toThrow(CorruptLogError);
  });

  it('reads frames that are longer than what it reads at once', () => {
    const long = 'x'.repeat(9 * 1024 * 1024);
    write(['a', long, 'b']);
    expect(read().records.map(({ length }) => length)).toEqual([1, long.length, 1]);
  });

  it('refuses a frame of nothing', () => {
    const { writer } = open();
    expect(() => writer.append(Buffer.alloc(0), 1)).toThrow(RangeError);
    expect(() => writer.append(Buffer.from('a'), 0)).toThrow(RangeError);
    writer.close();
  });

  it('takes nothing after an error of the disk, since nobody knows what was written', () => {
    const { writer } = open();
    writer.append(Buffer.from('one'), 1);
    writer.close();
    expect(() => writer.append(Buffer.from('two'), 1)).toThrow('open it anew');
    expect(read().records).toEqual(['one']);
  });
});

describe('a log after a crash', () => {
  it.each(['none', 'called', 'frame'] as const)(
    'takes a frame that is longer than a file again, in the file that has its name (%s)',
    (sync) => {
      const settings = { sync, fileBytesMax: 2_000, reserveBytes: 0 };
      const long = 'long'.repeat(1_000);
      write(['short', long], settings);
      const [, newest = ''] = readdirSync(folder).sort();
      truncateSync(path.join(folder, newest), fileHeaderBytes + 1_000);
      write([long, 'short again'], settings);
      expect(read().records).toEqual(['short', long, 'short again']);
    },
  );

  it('cut at any byte keeps every whole frame before the cut, cuts the rest off with its size told, and goes on', () => {
    const frames = ['one', 'two\nthree', 'four and five'];
    write(frames);
    const file = onlyFile();
    const whole = readFileSync(file);
    const ends = frames.reduce<number[]>((all, frame) => [...all, (all.at(-1) as number) + frameBytes(frame.length)], [fileHeaderBytes]);
    for (let size = 0; size < whole.length; size++) {
      rmSync(folder, { recursive: true });
      const { writer } = open();
      writer.close();
      writeFileSync(file, whole.subarray(0, size));
      const kept = size < fileHeaderBytes ? 0 : ends.findLastIndex((end) => end <= size);
      const expected = frames.slice(0, kept).flatMap((frame) => frame.split('\n'));
      const tornBytes = size < fileHeaderBytes ? size : size - (ends[kept] as number);
      expect({ size, ...read() }).toEqual({ size, records: expected, tornBytes });
      write(['next']);
      expect(read()).toEqual({ records: [...expected, 'next'], tornBytes: 0 });
    }
  });

  it('takes sectors that were never written, zeros at the end, for a torn tail', () => {
    write(['one', 'y'.repeat(3_000)]);
    const file = onlyFile();
    const bytes = readFileSync(file);
    bytes.fill(0, 1_024);
    writeFileSync(file, bytes);
    expect(read()).toEqual({ records: ['one'], tornBytes: bytes.length - fileHeaderBytes - frameBytes(3) });
  });

  it('any single changed byte is told as damage, where it is, and nothing is changed', () => {
    write(['one', 'two\nthree', 'four and five']);
    const file = onlyFile();
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] as number) ^ flip;
        writeFileSync(file, changed);
        let error: unknown;
        try {
          open();
        } catch (caught) {
          error = caught;
        }
        expect({ at, flip, error }).toEqual({ at, flip, error: expect.any(CorruptLogError) });
        expect((error as CorruptLogError).offset).toBeLessThanOrEqual(at);
        expect(readFileSync(file).equals(changed)).toBe(true);
      }
    }
  });

  it('damage in a file with successors is damage, however it looks', () => {
    const bytes = fileHeaderBytes + frameBytes(4);
    write(['aaaa', 'bbbb'], { fileBytesMax: bytes });
    truncateSync(path.join(folder, '0000000000000001.log'), bytes - 1);
    expect(() => read()).toThrow('the file ends within a frame, and a newer file follows');
    truncateSync(path.join(folder, '0000000000000001.log'), fileHeaderBytes);
    expect(() => read()).toThrow('it begins with record 2, and 1 is the next');
  });

  it('a missing file in the middle is damage', () => {
    write(['aaaa', 'bbbb', 'cccc'], { fileBytesMax: fileHeaderBytes + frameBytes(4) });
    rmSync(path.join(folder, '0000000000000002.log'));
    expect(() => read()).toThrow('it begins with record 3, and 2 is the next');
  });

  it('says what to do, and which records are good', () => {
    write(['one', 'two']);
    const bytes = readFileSync(onlyFile());
    const at = fileHeaderBytes + frameBytes(3) + frameHeaderBytes;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(onlyFile(), bytes);
    expect(() => read()).toThrow(/The records up to 1 are good; nothing was changed. Restore the file from a copy/);
  });

  it('of another kind, or of a later version, is not read', () => {
    write(['one']);
    expect(() => readLog(folder, LogContent.COMMANDS, 1, () => undefined)).toThrow('it holds content of kind 2, and 1 was expected');
  });

  it('leaves a file with a header and no frame as it is', () => {
    write(['one']);
    truncateSync(onlyFile(), fileHeaderBytes);
    expect(read()).toEqual({ records: [], tornBytes: 0 });
    expect(statSync(onlyFile()).size).toBe(fileHeaderBytes);
  });
});

describe('a log with a reserve', () => {
  const reserveBytes = 4_096;
  const frames = ['one', 'two\nthree', `four${'y'.repeat(3_000)}`];

  /** What a process leaves behind that dies now: the file with the zeros behind its last frame. */
  function died(): { file: string; bytes: Buffer; frameEnds: number[] } {
    const { writer } = open({ sync: 'frame', reserveBytes });
    for (const frame of frames) writer.append(Buffer.from(frame), frame.split('\n').length);
    const bytes = readFileSync(onlyFile());
    writer.close();
    const frameEnds = frames.reduce<number[]>(
      (all, frame) => [...all, (all.at(-1) as number) + frameBytes(frame.length)],
      [fileHeaderBytes],
    );
    return { file: onlyFile(), bytes, frameEnds };
  }

  it('has zeros behind its last frame while it is written, and none when it was closed', () => {
    const { bytes, frameEnds } = died();
    const end = frameEnds.at(-1) as number;
    expect(bytes.length).toBe(end + reserveBytes);
    expect(bytes.subarray(end).every((byte) => byte === 0)).toBe(true);
    expect(statSync(onlyFile()).size).toBe(end);
  });

  it('has at least fifteen sixteenths of its reserve behind every frame, whatever the frames before it took, also in the next file', () => {
    const payloads = Array.from({ length: 60 }, (_, each) => 'x'.repeat(1 + ((each * 397) % 5_000)));
    const { writer } = open({ sync: 'frame', reserveBytes, fileBytesMax: 50_000 });
    for (const payload of payloads) {
      writer.append(Buffer.from(payload), 1);
      const { fileFirstSeq, offset } = writer.lastFrame;
      const end = offset + frameBytes(payload.length);
      const left = statSync(path.join(folder, `${String(fileFirstSeq).padStart(16, '0')}.log`)).size - end;
      expect(left).toBeGreaterThan((reserveBytes * 15) / 16);
      expect(left).toBeLessThanOrEqual(reserveBytes);
    }
    writer.close();
    expect(readdirSync(folder).length).toBeGreaterThan(2);
    expect(read()).toEqual({ records: payloads, tornBytes: 0 });
  });

  it('is whole after a crash, without a torn byte, and goes on in its reserve', () => {
    const { file, bytes } = died();
    writeFileSync(file, bytes);
    const again = open({ sync: 'frame', reserveBytes });
    expect({ records: again.records, tornBytes: again.tornBytes }).toEqual({ records: frames.flatMap((f) => f.split('\n')), tornBytes: 0 });
    again.writer.append(Buffer.from('next'), 1);
    expect(statSync(file).size).toBe(bytes.length);
    again.writer.close();
    expect(read().records.at(-1)).toBe('next');
  });

  it('whose last frame was written up to some sector keeps the frames before it, and tells what it cut off', () => {
    const { file, bytes, frameEnds } = died();
    const [, , begin = 0, end = 0] = frameEnds;
    for (let sector = Math.ceil((begin + 1) / 512) * 512; sector < end; sector += 512) {
      const torn = Buffer.from(bytes).fill(0, sector);
      writeFileSync(file, torn);
      expect({ sector, ...read() }).toEqual({ sector, records: ['one', 'two', 'three'], tornBytes: bytes.length - begin });
    }
  });

  /** As the loss of power may leave it: a sector of the frame [begin, end) did not reach the disk, and those behind it did. */
  function withoutSector(bytes: Buffer, sector: number, [begin, end]: readonly [number, number]): Buffer {
    return Buffer.from(bytes).fill(0, Math.max(sector, begin), Math.min(sector + 512, end));
  }

  it('whose last frame reached the disk out of order keeps the frames before it, whichever sector is missing', () => {
    const { file, bytes, frameEnds } = died();
    const [, , begin = 0, end = 0] = frameEnds;
    for (let sector = 0; sector < end; sector += 512) {
      writeFileSync(file, withoutSector(bytes, sector, [begin, end]));
      expect({ sector, ...read() }).toEqual({ sector, records: ['one', 'two', 'three'], tornBytes: bytes.length - begin });
    }
  });

  it('with a missing sector and a frame behind it is not cut: somebody may have been told of that frame', () => {
    frames.push('behind');
    const { file, bytes, frameEnds } = died();
    frames.pop();
    const [, , begin = 0, end = 0] = frameEnds;
    for (let sector = 0; sector < end - 512; sector += 512) {
      const changed = withoutSector(bytes, sector, [begin, end]);
      writeFileSync(file, changed);
      expect(() => read()).toThrow(/The records up to 3 are good; nothing was changed. What is here may have been told/);
      expect(readFileSync(file).equals(changed)).toBe(true);
    }
  });

  it('tells any single changed byte as damage, those of the reserve, too', () => {
    const { file, bytes } = died();
    for (let at = 0; at < bytes.length; at += at < 200 ? 1 : 37) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x80;
      writeFileSync(file, changed);
      expect(() => read()).toThrow(CorruptLogError);
      expect(readFileSync(file).equals(changed)).toBe(true);
    }
  });

  it('that was being given a successor when its process died is whole', () => {
    const { file, bytes, frameEnds } = died();
    write(['next'], { fileBytesMax: frameEnds.at(-1) as number });
    writeFileSync(file, bytes);
    expect(read()).toEqual({ records: [...frames.flatMap((frame) => frame.split('\n')), 'next'], tornBytes: 0 });
  });
});

describe('a log of three files, opened for the last record', () => {
  const names = ['0000000000000001.log', '0000000000000003.log', '0000000000000005.log'];
  const pathOf = (at: number): string => path.join(folder, names[at] as string);
  const openForTheLast = (): string[] => {
    const { writer, records } = open({}, 6);
    writer.close();
    return records;
  };

  beforeEach(() => {
    write(['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff'], { fileBytesMax: fileHeaderBytes + 2 * frameBytes(4) });
    expect(readdirSync(folder)).toEqual(names);
  });

  it('tells a flipped byte anywhere, with its file', () => {
    for (const at of names.keys()) {
      const whole = readFileSync(pathOf(at));
      for (let byte = 0; byte < whole.length; byte++) {
        const changed = Buffer.from(whole);
        changed[byte] = (changed[byte] as number) ^ 0x10;
        writeFileSync(pathOf(at), changed);
        expect(openForTheLast).toThrow(pathOf(at));
        expect(readFileSync(pathOf(at)).equals(changed)).toBe(true);
      }
      writeFileSync(pathOf(at), whole);
    }
    expect(openForTheLast()).toEqual(['ffff']);
  });

  it('tells an older file that is cut at any byte', () => {
    for (const at of [0, 1]) {
      const whole = readFileSync(pathOf(at));
      for (let size = 0; size < whole.length; size++) {
        writeFileSync(pathOf(at), whole.subarray(0, size));
        expect(openForTheLast).toThrow(CorruptLogError);
      }
      writeFileSync(pathOf(at), whole);
    }
  });

  it('tells a missing file, the first one too, and what to do', () => {
    for (const [at, what] of [
      [0, /begins with record 3, and 1 is the next.*The records 1 to 2 are missing.*write 3 into .*first-record/],
      [1, /begins with record 5, and 3 is the next.*The records 3 to 4 are missing/],
    ] as const) {
      const whole = readFileSync(pathOf(at));
      rmSync(pathOf(at));
      expect(openForTheLast).toThrow(what);
      writeFileSync(pathOf(at), whole);
    }
  });

  it('begins later where `first-record` says so', () => {
    const marker = path.join(folder, 'first-record');
    // Nothing is moved away yet.
    writeFileSync(marker, '3\n');
    expect(openForTheLast()).toEqual(['ffff']);
    rmSync(pathOf(0));
    expect(openForTheLast()).toEqual(['ffff']);
    rmSync(pathOf(1));
    expect(openForTheLast).toThrow('it begins with record 5, and 3 is the next');
    writeFileSync(marker, '5');
    expect(openForTheLast()).toEqual(['ffff']);
    for (const text of ['', '0', 'five', '5 6']) {
      writeFileSync(marker, text);
      expect(openForTheLast).toThrow('it does not hold the number of a record');
    }
  });
});

describe('the format', () => {
  it('is the one of the golden file: what was written by version 1 is read for ever', () => {
    write(['one', 'two\nthree']);
    const golden = path.join(import.meta.dirname, 'golden', 'version-1.bin');
    expect(readFileSync(onlyFile()).toString('hex')).toBe(readFileSync(golden).toString('hex'));
  });
});
