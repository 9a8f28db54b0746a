// Commands that depend on their number and a seed alone: whoever died in the middle goes on with the same ones.
import { BookSide, CommandWriter, InForce, OrderType, Phase } from '@switchyard/matching-core/engine';
import { Prng } from '@switchyard/kernel';

const booksCount = 3;
const accountsCount = 8;

/** Writes command `seq`, 1 or more: the books open first, then orders, cancels and replaces about one another. */
export function writeSeededCommand(writer: CommandWriter, seed: number, seq: number): void {
  if (seq <= booksCount) {
    writer.listBook(seq - 1, { referencePrice: 1_000, freezeQty: 0, bandLow: 0, bandHigh: 0 });
    return;
  }
  if (seq <= 2 * booksCount) {
    writer.setPhase(seq - booksCount - 1, Phase.CONTINUOUS);
    return;
  }
  const prng = new Prng(`${seed}/${seq}`);
  const one = prng.below(100);
  // The order that an earlier number placed, if it placed one: it was for the book of its number.
  const earlier = Math.max(2 * booksCount + 1, seq - 1 - prng.below(200));
  if (one < 25) writer.cancel(earlier % booksCount, earlier);
  else if (one < 35) writer.replace({ book: earlier % booksCount, orderId: earlier, price: 990 + prng.below(20), qty: 1 + prng.below(50) });
  else {
    writer.newOrder({
      book: seq % booksCount,
      orderId: seq,
      account: prng.below(accountsCount),
      side: prng.below(2) === 0 ? BookSide.BUY : BookSide.SELL,
      ordType: OrderType.LIMIT,
      timeInForce: one < 40 ? InForce.IOC : InForce.DAY,
      price: 990 + prng.below(20),
      qty: 1 + prng.below(50),
      displayQty: one > 90 ? 5 : 0,
    });
  }
}

/** The words of the commands [from, to]. */
export function seededCommands(seed: number, from: number, to: number): Int32Array {
  const writer = new CommandWriter();
  for (let seq = from; seq <= to; seq++) writeSeededCommand(writer, seed, seq);
  return writer.words.slice();
}

/** A running hash of reports: equal if the same was told. */
export function hashReports(hash: number, reports: Int32Array, length: number): number {
  let mixed = hash;
  for (let at = 0; at < length; at++) mixed = Math.imul(mixed ^ (reports[at] as number), 0x01000193);
  return mixed;
}
