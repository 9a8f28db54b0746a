import { describe, expect, it } from '@jest/globals';
import { framer } from './framer.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a framer', () => {
  it('sends what was added in one turn as one frame, in order, after that turn', async () => {
    const frames: number[][] = [];
    const frame = framer(
      (items: number[]) => frames.push(items) > 0,
      (items: number[]) => items,
    );
    for (const item of [1, 2, 3]) frame.add(item);
    expect(frames).toEqual([]);
    await turn();
    frame.add(4);
    await turn();
    expect(frames).toEqual([[1, 2, 3], [4]]);
  });

  it('sends at most 256 in a frame', async () => {
    const frames: number[][] = [];
    const frame = framer(
      (items: number[]) => frames.push(items) > 0,
      (items: number[]) => items,
    );
    for (const item of numbers(1, 600)) frame.add(item);
    await turn();
    expect(frames).toEqual([numbers(1, 256), numbers(257, 512), numbers(513, 600)]);
  });

  it('says false while the stream is at its bound, keeps what is added, and sends it when it drains', async () => {
    const frames: number[][] = [];
    let room = false;
    const frame = framer(
      (items: number[]) => {
        frames.push(items);
        return room;
      },
      (items: number[]) => items,
    );
    expect(frame.add(1)).toBe(true);
    await turn();
    expect(frame.add(2)).toBe(false);
    expect(frame.add(3)).toBe(false);
    await turn();
    expect(frames).toEqual([[1]]);
    room = true;
    frame.resume();
    expect(frames).toEqual([[1], [2, 3]]);
    expect(frame.add(4)).toBe(true);
  });
});
