import { describe, expect, it } from '@jest/globals';
import { summarise } from './cpu-profile.js';
import { figure } from './figures.js';
import { Histogram, median } from './histogram.js';
import { closedLoop, openLoop } from './load.js';
import { messagesOf } from './recording-proxy.js';

describe('Histogram', () => {
  it('knows quantiles to within one percent, whatever their size', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 10_000; ms++) histogram.record(ms / 10);
    for (const [q, expected] of [
      [0.5, 500],
      [0.9, 900],
      [0.99, 990],
    ] as const) {
      expect(Math.abs(histogram.quantile(q) / expected - 1)).toBeLessThan(0.01);
    }
    expect(histogram.maxMs).toBe(1_000);
  });

  it('adds up over processes, and knows nothing of nothing', () => {
    const one = new Histogram();
    one.record(1);
    const both = Histogram.from(one.toData());
    both.add(one.toData());
    expect(both.count).toBe(2);
    expect(new Histogram().quantile(0.5)).toBeNaN();
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));
});

describe('openLoop', () => {
  it('counts a stall for every call that it delayed', async () => {
    const stallMs = 200;
    const call = (number: number): Promise<void> => {
      // The first call keeps the whole thread busy, so those that are due meanwhile are issued late.
      if (number === 1) for (const end = performance.now() + stallMs; performance.now() < end;);
      return Promise.resolve();
    };
    const { issued, answered, latency } = await openLoop(call, { ratePerSecond: 100, seconds: 0.2, firstNumber: 1 });
    expect([issued, answered]).toEqual([20, 20]);
    expect(Histogram.from(latency).quantile(0.5)).toBeGreaterThan(stallMs / 4);
  });
});

describe('closedLoop', () => {
  it('never has more calls in flight than it may, and tells failures', async () => {
    let [inFlight, most] = [0, 0];
    const call = async (number: number): Promise<void> => {
      most = Math.max(most, ++inFlight);
      await new Promise(setImmediate);
      inFlight -= 1;
      if (number === 3) throw new Error('the third');
    };
    const result = await closedLoop(call, { inFlight: 4, seconds: 0.05, firstNumber: 1 });
    expect(most).toBe(4);
    expect(result.failed).toBe(1);
    expect(result.firstError).toBe('the third');
    expect(result.answered).toBe(result.issued - 1);
  });
});

describe('messagesOf', () => {
  const frame = (type: number, stream: number, data: Buffer): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(data.length, 0, 3);
    head[3] = type;
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, data]);
  };
  const message = (text: string): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(text.length, 1);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it('gives each message the time of its first byte, however frames and chunks cut it', () => {
    const [first, second] = [message('one'), message('second')];
    const data = Buffer.concat([first, second]);
    const preface = Buffer.alloc(24);
    // The second message begins in the first frame and ends in another; a frame of headers lies between.
    const start = Buffer.concat([preface, frame(0, 1, data.subarray(0, first.length + 2))]);
    const rest = Buffer.concat([frame(1, 3, Buffer.from('headers')), frame(0, 1, data.subarray(first.length + 2))]);
    const chunks = [
      { atMs: 1, bytes: start.subarray(0, 30) },
      { atMs: 2, bytes: start.subarray(30, start.length - 2) },
      { atMs: 3, bytes: start.subarray(start.length - 2) },
      { atMs: 4, bytes: rest },
    ];
    expect(messagesOf(chunks).map(({ atMs, payload }) => [atMs, payload.toString()])).toEqual([
      [2, 'one'],
      [3, 'second'],
    ]);
  });
});

describe('figure', () => {
  it.each([
    ['at least', 10, 10, true],
    ['at least', 10, 9, false],
    ['at most', 10, 10, true],
    ['at most', 10, 11, false],
    ['at most', 10, Number.NaN, null],
  ] as const)('%s %d: %d is met: %s', (kind, bound, value, met) => expect(figure('f', value, 'ms', { kind, bound }).met).toBe(met));

  it('has no verdict on a busy machine', () => expect(figure('f', 1, 'ms', { kind: 'at most', bound: 2 }, false).met).toBeNull());
});

describe('summarise', () => {
  it('counts the time of each function without what it called, without idleness, in the window alone', () => {
    const node = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url, lineNumber: 0 } });
    const profile = {
      nodes: [
        node(1, '(idle)', ''),
        node(2, 'work', 'file:///x/node_modules/pg/lib/a.js'),
        node(3, 'other', 'file:///x/libs/kernel/dist/b.js'),
      ],
      samples: [2, 2, 1, 3, 2],
      timeDeltas: [1_000, 1_000, 5_000, 1_000, 1_000],
      startTime: 0,
    };
    const { busyMs, packages } = summarise(profile, { fromMs: 1.5, toMs: 8.5 }, 5);
    expect(busyMs).toBe(2);
    expect(packages.map(({ name, share }) => [name, share])).toEqual([
      ['pg', 0.5],
      ['libs/kernel/dist', 0.5],
    ]);
  });
});
