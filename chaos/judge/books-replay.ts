// The judge's own fold of an account's trades and cash into positions at average cost and a double-entry ledger. It shares no code with the tracker.
import { type BookEvidence, type PostingEvidence } from '../evidence.js';
import { halfEvenSigned, one, scaled, shown } from './decimal.js';
import { type Fact, feesOf, sumOf, text } from './facts.js';

/** A position by its key; quantities are scaled by 10^9, costs by 10^18. */
interface Book {
  readonly key: Pick<BookEvidence, 'accountId' | 'brokerAccountId' | 'instrumentId' | 'product' | 'currency'>;
  netQty: bigint;
  openNotional: bigint;
  boughtQty: bigint;
  soldQty: bigint;
  boughtNotional: bigint;
  soldNotional: bigint;
  fees: bigint;
  accountSeq: number;
}

export interface ReplayedBooks {
  readonly books: readonly BookEvidence[];
  readonly postings: readonly PostingEvidence[];
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Folds facts of any accounts; those of an account are in their order. */
export function replayBooks(facts: readonly Fact[]): ReplayedBooks {
  const books = new Map<string, Book>();
  const booked = new Set<string>();
  const postings: PostingEvidence[] = [];
  for (const fact of facts) {
    if (fact.name === 'cashAdjusted') {
      const amount = scaled(fact.value['amount']);
      postings.push(...posted(fact, text(fact.value, 'adjustmentId'), [['cash', amount], ['capital', -amount]])); // prettier-ignore
    }
    if (fact.name !== 'tradeBooked') continue;
    const id = `${text(fact.value, 'brokerAccountId')}/${text(fact.value, 'tradeId')}`;
    if (booked.has(id)) continue; // The same fill, told again.
    booked.add(id);
    const book = bookOf(books, fact);
    const before = { cash: cashOf(book), cost: costOf(book) };
    trade(book, fact);
    const cash = cashOf(book) - before.cash;
    const cost = costOf(book) - before.cost;
    const fees = feesOf(fact.value);
    book.fees += sumOf(fees.values());
    postings.push(
      ...posted(fact, text(fact.value, 'tradeId'), [
        ['cash', cash - sumOf(fees.values())],
        [`securities:${book.key.instrumentId}`, cost],
        ['realised-pnl', -(cash + cost)],
        ...[...fees].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]): [string, bigint] => [`fees:${name}`, amount]),
      ]),
    );
  }
  return { books: [...books.values()].map(toldOf), postings };
}

function bookOf(books: Map<string, Book>, { accountId, value }: Fact): Book {
  const key = {
    accountId,
    brokerAccountId: text(value, 'brokerAccountId'),
    instrumentId: text(value, 'instrumentId'),
    product: text(value, 'product').replace('PRODUCT_', ''),
    currency: text(value, 'currency'),
  };
  const name = Object.values(key).join('/');
  const none = { netQty: 0n, openNotional: 0n, boughtQty: 0n, soldQty: 0n, boughtNotional: 0n, soldNotional: 0n, fees: 0n, accountSeq: 0 };
  const book = books.get(name) ?? { key, ...none };
  books.set(name, book);
  return book;
}

/** Average cost: what adds is carried at its price, what reduces takes its share of the cost with it, what turns the position begins anew at its price. */
function trade(book: Book, { value, accountSeq }: Fact): void {
  const [qty, px] = [scaled(value['lastQty']), scaled(value['lastPx'])];
  const isBuy = text(value, 'side') === 'SIDE_BUY';
  const signed = isBuy ? qty : -qty;
  const after = book.netQty + signed;
  if (book.netQty === 0n || book.netQty > 0n === isBuy) book.openNotional += signed * px;
  else if (qty < magnitude(book.netQty)) book.openNotional -= halfEvenSigned(book.openNotional * qty, magnitude(book.netQty));
  else book.openNotional = after * px;
  book.netQty = after;
  if (isBuy) {
    book.boughtQty += qty;
    book.boughtNotional += qty * px;
  } else {
    book.soldQty += qty;
    book.soldNotional += qty * px;
  }
  book.accountSeq = accountSeq;
}

const cashOf = ({ soldNotional, boughtNotional }: Book): bigint => halfEvenSigned(soldNotional - boughtNotional, one);
const costOf = ({ openNotional }: Book): bigint => halfEvenSigned(openNotional, one);

function posted({ accountId, accountSeq, atMs, value }: Fact, ref: string, amounts: readonly [string, bigint][]): PostingEvidence[] {
  const moved = amounts.filter(([, amount]) => amount !== 0n);
  const currency = text(value, 'currency');
  return moved.map(([book, amount], at) => ({ accountId, accountSeq, line: at + 1, book, currency, amount: shown(amount), atMs, ref }));
}

function toldOf({ key, accountSeq, ...amounts }: Book): BookEvidence {
  const { netQty, boughtQty, soldQty } = amounts;
  return {
    ...key,
    netQty: shown(netQty),
    boughtQty: shown(boughtQty),
    soldQty: shown(soldQty),
    openNotional: String(amounts.openNotional),
    boughtNotional: String(amounts.boughtNotional),
    soldNotional: String(amounts.soldNotional),
    fees: shown(amounts.fees),
    accountSeq,
  };
}
