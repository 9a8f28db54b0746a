import { describe, expect, it } from '@jest/globals';
import { Side } from '@switchyard/contracts';
import { type DepthDelta } from '@switchyard/contracts/gen/matching/v1/service';
import { Prng } from '@switchyard/kernel';
import { depthChanges, nothingShown, type DepthRow, type DepthSides } from './depth-changes.js';
import { DepthReader } from './testing/depth-reader.js';

/** "id price x qty" words, or "price x qty x orders". */
function rows(text: string): DepthRow[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [name = '', price, qty = '', orders] = /^(?:([a-z]):)?(\d+)x(\d+)(?:x(\d+))?$/.exec(word)?.slice(1) ?? [];
      return { venueOrderId: name, price: price ?? '', qty, orders: Number(orders ?? 1) };
    });
}

function bids(text: string): DepthSides {
  return { bids: rows(text), asks: [] };
}

function words(deltas: readonly DepthDelta[]): string {
  return deltas.map(({ side, venueOrderId, price, qty }) => `${Side[side]}:${venueOrderId}${price}x${qty}`).join(' ');
}

describe('what changed between two looks at a book', () => {
  it.each<readonly [what: string, before: string, after: string, deltas: string]>([
    ['nothing', '100x5 99x5', '100x5 99x5', ''],
    ['a level comes', '100x5', '101x1 100x5', 'BUY:101x1'],
    ['a level goes', '101x1 100x5', '100x5', 'BUY:101x0'],
    ['a quantity changes', '100x5', '100x4', 'BUY:100x4'],
    ['only the number of orders changes', '100x5x1', '100x5x2', 'BUY:100x5'],
    [
      'all at once: what goes, what changes, what comes',
      '102x1 101x1 100x5',
      '103x1 101x2 99x1',
      'BUY:102x0 BUY:100x0 BUY:101x2 BUY:103x1 BUY:99x1',
    ],
    ['an order joins the back', 'a:100x5', 'a:100x5 b:100x1', 'BUY:b100x1'],
    ['the first one goes', 'a:100x5 b:100x1', 'b:100x1', 'BUY:a100x0'],
    ['one gives up its turn', 'a:100x5 b:100x1', 'b:100x1 a:100x6', 'BUY:a100x0 BUY:a100x6'],
    ['one goes to another price', 'a:100x5 b:100x1', 'a:101x5 b:100x1', 'BUY:a100x0 BUY:a101x5'],
    ['one gives up its turn to one that is new', 'a:100x5 b:100x1', 'b:100x1 c:100x2 a:100x5', 'BUY:a100x0 BUY:c100x2 BUY:a100x5'],
  ])('%s', (_what, before, after, deltas) => {
    expect(words(depthChanges(bids(before), bids(after)))).toBe(deltas);
  });

  it('applied to what was, they give what is, whatever happened to the orders', () => {
    const seed = 7;
    const prng = new Prng(seed);
    let book: DepthRow[] = [];
    let before = nothingShown;
    const reader = new DepthReader();
    for (let step = 0; step < 2_000; step++) {
      for (let at = prng.below(4); at >= 0; at--) book = changed(book, prng, step * 4 + at);
      const after = { bids: sorted(book), asks: [] };
      reader.apply(depthChanges(before, after));
      expect({ step, seed, bids: reader.side(Side.BUY) }).toEqual({ step, seed, bids: after.bids });
      before = after;
    }
  });
});

/** One order comes, goes, shrinks, or gives up its turn. */
function changed(book: readonly DepthRow[], prng: Prng, id: number): DepthRow[] {
  const fresh = { venueOrderId: `V${id}`, price: String(100 + prng.below(3)), qty: '5', orders: 1 };
  const at = book.length === 0 ? -1 : prng.below(book.length);
  const chosen = book[at];
  if (chosen === undefined || (book.length < 12 && prng.chance(1, 2))) return [...book, fresh];
  const others = book.filter((row) => row !== chosen);
  switch (prng.below(3)) {
    case 0:
      return others;
    case 1:
      return [...others, { ...chosen, price: fresh.price }];
    default:
      return book.map((row) => (row === chosen ? { ...row, qty: String(1 + prng.below(4)) } : row));
  }
}

function sorted(book: readonly DepthRow[]): DepthRow[] {
  return [...book].sort((one, other) => Number(other.price) - Number(one.price));
}
