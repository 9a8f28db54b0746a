import { describe, expect, it } from '@jest/globals';
import { Prng } from '@switchyard/kernel';
import { DepthView, sideOf } from '../testing/depth-view.js';
import { writeCommand } from '../testing/engine-table.js';
import { RandomCommands, streamBooks } from '../testing/random-commands.js';
import { BookSide, CommandWriter } from './command.js';
import { DepthFeed, type DepthDeltas } from './depth-feed.js';
import { ReferenceEngine } from './reference-engine.js';
import { StateWords } from './state.js';

const levels = 4;
const bothSides = [BookSide.BUY, BookSide.SELL];

/** Executes lines of a table, and tells what the last line changed. */
function told(...lines: string[]): DepthDeltas {
  const engine = new ReferenceEngine();
  const feed = new DepthFeed({ levels: 2 });
  let deltas: DepthDeltas = { tops: [], levels: [], orders: [] };
  for (const line of ['list', 'phase CONTINUOUS', ...lines]) {
    const writer = new CommandWriter();
    writeCommand(writer, line);
    engine.clearReports();
    engine.execute(writer.words, 0, writer.length);
    deltas = feed.take(engine.reports, 0, engine.reportsLength);
  }
  return deltas;
}

const [book, buy, sell] = [0, BookSide.BUY, BookSide.SELL];

describe('DepthFeed', () => {
  it('tells an order that rests', () => {
    expect(told('1 buy 9 @100 display=4')).toEqual({
      orders: [{ kind: 'add', book, side: buy, orderId: 1, price: 100, qty: 4 }],
      levels: [{ book, side: buy, price: 100, qty: 4, orders: 1 }],
      tops: [{ book, bid: { price: 100, qty: 4, orders: 1 }, ask: undefined }],
    });
  });

  it('tells nothing of what others never see', () => {
    const nothing = { orders: [], levels: [], tops: [] };
    expect(told('1 buy 9 @100 IOC')).toEqual(nothing);
    expect(told('1 buy 9 market stop=100')).toEqual(nothing);
    expect(told('1 buy 9 @100 AT_CLOSE')).toEqual(nothing);
    expect(told('1 buy 9 @100', 'cancel 2')).toEqual(nothing);
  });

  it('tells the next slice of an iceberg as an order that joins the back', () => {
    expect(told('1 sell 9 @100 display=4', '2 sell 1 @100', '3 buy 4 @100')).toEqual({
      orders: [
        { kind: 'remove', book, side: sell, orderId: 1, price: 100, qty: 0 },
        { kind: 'add', book, side: sell, orderId: 1, price: 100, qty: 4 },
      ],
      levels: [],
      tops: [],
    });
  });

  it('tells a level that comes into view when a better one goes', () => {
    expect(told('1 sell 1 @100', '2 sell 2 @101', '3 sell 3 @102', 'cancel 1')).toEqual({
      orders: [{ kind: 'remove', book, side: sell, orderId: 1, price: 100, qty: 0 }],
      levels: [
        { book, side: sell, price: 100, qty: 0, orders: 0 },
        { book, side: sell, price: 102, qty: 3, orders: 1 },
      ],
      tops: [{ book, bid: undefined, ask: { price: 101, qty: 2, orders: 1 } }],
    });
  });

  it('tells a market order that an auction left where its time puts it: those behind it are told anew', () => {
    const lines = ['list ref=100', 'phase PRE_OPEN', '1 buy 1 @100', '2 buy 2 market', '3 buy 3 @100', 'phase CONTINUOUS'];
    expect(told(...lines)).toEqual({
      orders: [
        { kind: 'remove', book, side: buy, orderId: 3, price: 100, qty: 0 },
        { kind: 'add', book, side: buy, orderId: 2, price: 100, qty: 2 },
        { kind: 'add', book, side: buy, orderId: 3, price: 100, qty: 3 },
      ],
      levels: [{ book, side: buy, price: 100, qty: 6, orders: 3 }],
      tops: [{ book, bid: { price: 100, qty: 6, orders: 3 }, ask: undefined }],
    });
  });

  it.each(['one', 'two', 'three'])('what it tells of random commands adds up to what the engine shows (seed %s)', (seed) => {
    const engine = new ReferenceEngine();
    const stream = new RandomCommands(seed);
    const prng = new Prng(seed).fork('batches');
    let feed = new DepthFeed({ levels });
    const view = new DepthView();
    for (let batch = 1; batch <= 1_500; batch++) {
      const writer = new CommandWriter();
      for (let command = prng.below(8); command >= 0; command--) stream.writeNext(writer);
      engine.clearReports();
      engine.execute(writer.words, 0, writer.length);
      view.apply(feed.take(engine.reports, 0, engine.reportsLength));
      for (const each of streamBooks) {
        for (const side of bothSides) {
          const [viewed, shown] = [view.side(each, side), sideOf(engine, each, side, levels)];
          // Most of the time goes into comparing: a matcher comes only where texts differ.
          if (JSON.stringify(viewed) !== JSON.stringify(shown)) expect({ batch, ...viewed }).toEqual({ batch, ...shown });
        }
      }
      if (batch % 250 === 0) feed = new DepthFeed({ levels, state: stateOf(engine) });
    }
    expect(engine.tradeNo).toBeGreaterThan(500);
  });
});

function stateOf(engine: ReferenceEngine): Int32Array {
  const state = new StateWords();
  engine.writeState(state);
  return state.words;
}
