import { describe, expect, it } from '@jest/globals';
import { Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { Price } from '@switchyard/kernel';
import { Marks } from './marks.js';

describe('marks', () => {
  it.each(['', '0', '0.00', '-1500'])('a last price of "%s" is none: there is no mark, or the former one stays', (lastPx) => {
    let quote: (row: JournalRow) => void = () => undefined;
    const marks = new Marks({
      latest: (_, take) => {
        quote = take;
        return { stop: () => Promise.resolve(), ready: () => true };
      },
    });
    marks.start();
    const say = (atMs: number, px: string): void =>
      quote({ payload: Buffer.from(Quote.encode(Quote.fromPartial({ instrumentId: 'INFY', lastPx: px, atMs })).finish()) } as JournalRow);
    say(1, lastPx);
    expect(marks.of('INFY')).toBeUndefined();
    say(2, '1512.5');
    say(3, lastPx);
    expect(marks.of('INFY')).toEqual({ px: Price('1512.5'), atMs: 2 });
  });
});
