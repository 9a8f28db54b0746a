// I21: the judge folds the journal's rows, decoded from proto/, by itself, and compares what comes out with what is stored.
import { type BookEvidence, type Evidence, type PostingEvidence } from '../evidence.js';
import { replayBooks } from './books-replay.js';
import { scaled, shown } from './decimal.js';
import { factsOf, isFinal, ordersOf, type OrderStory } from './facts.js';
import { OrderReplay, type ReplayedOrder, toldBy } from './order-replay.js';

/** I21: replaying the events gives what is stored: orders after each fact and in their rows, positions, ledger and cash. */
export function replaysAgree(evidence: Evidence): string[] {
  return [...ordersDiffer(evidence), ...booksDiffer(evidence)];
}

function ordersDiffer(evidence: Evidence): string[] {
  const problems: string[] = [];
  const rows = new Map(evidence.orderRows.map((row) => [row.orderId, row]));
  const seqOf = new Map(evidence.facts.map(({ stream, seq }) => [`${stream}#${seq}`, { stream, seq }]));
  for (const story of ordersOf(factsOf(evidence)).values()) {
    const replayed = replayOf(story, problems);
    const row = rows.get(story.orderId);
    // A row may be missing, or older than the last facts; it may not be older than what its owner says to have written.
    const flushed = story.facts.findLast(({ where }) => {
      const { stream, seq } = seqOf.get(where) ?? { stream: '', seq: 0 };
      return seq <= (evidence.flushed.get(stream) ?? 0);
    });
    if (row === undefined) {
      if (flushed !== undefined) problems.push(`${story.orderId} has no row, and fact ${flushed.accountSeq} is said to be written`);
      continue;
    }
    if (flushed !== undefined && row.accountSeq < flushed.accountSeq)
      problems.push(`the row of ${story.orderId} is of fact ${row.accountSeq}, and ${flushed.accountSeq} is said to be written`);
    // A request that was denied is a fact of the account; it moves the row's sequence, and nothing of the order.
    const last = story.facts.findLast(({ accountSeq }) => accountSeq <= row.accountSeq);
    const then = last && replayed.get(last.accountSeq);
    if (then === undefined) {
      problems.push(`the row of ${story.orderId} is of fact ${row.accountSeq}, before its first`);
      continue;
    }
    const told = `${row.ordStatus}, ${row.isFinal ? 'final' : 'open'}, ${row.cumQty} of ${row.orderQty} for ${row.notional}`;
    const folded = `${then.ordStatus}, ${isFinal({ ordStatus: then.ordStatus }) ? 'final' : 'open'}, ${then.cumQty} of ${then.orderQty} for ${then.notional}`;
    if (told !== folded) problems.push(`the row of ${story.orderId} says ${told}; a replay gives ${folded}`);
  }
  return problems;
}

/** What the order is after each fact, by account_seq; where a fact says otherwise, that is a problem. */
function replayOf({ orderId, facts }: OrderStory, problems: string[]): Map<number, ReplayedOrder> {
  const replay = new OrderReplay();
  const after = new Map<number, ReplayedOrder>();
  for (const fact of facts) {
    const now = replay.fold(fact);
    after.set(fact.accountSeq, now);
    if (fact.state === undefined) {
      problems.push(`${fact.name} at ${fact.where} does not say what ${orderId} is`);
      continue;
    }
    const told = toldBy(fact.state);
    for (const field of Object.keys(now) as (keyof ReplayedOrder)[]) {
      if (field === 'notional') continue; // Not told; the average price is.
      if (told[field] !== now[field])
        problems.push(
          `${orderId} has ${field} ${worded(told[field])} after ${fact.name} at ${fact.where}; a replay gives ${worded(now[field])}`,
        );
    }
  }
  return after;
}

const worded = (value: string | bigint | boolean): string => (typeof value === 'bigint' ? shown(value) : `"${String(value)}"`);

function booksDiffer(evidence: Evidence): string[] {
  const { books, postings } = replayBooks(factsOf(evidence));
  const cash = new Map<string, bigint>();
  for (const { accountId, currency, book, amount } of postings)
    if (book === 'cash') cash.set(`${accountId}/${currency}`, (cash.get(`${accountId}/${currency}`) ?? 0n) + scaled(amount));
  return [
    ...differences('position', bookLines(evidence.books), bookLines(books)),
    ...differences('posting', postingLines(evidence.postings), postingLines(postings)),
    ...differences(
      'cash',
      new Map(evidence.cash.map(({ accountId, currency, balance }) => [`${accountId}/${currency}`, shown(scaled(balance))])),
      new Map([...cash].map(([key, balance]) => [key, shown(balance)])),
    ),
  ];
}

function bookLines(books: readonly BookEvidence[]): Map<string, string> {
  return new Map(
    books.map(({ accountId, brokerAccountId, instrumentId, product, currency, ...of }) => {
      const quantities = [of.netQty, of.boughtQty, of.soldQty].map((qty) => shown(scaled(qty)));
      const costs = [of.openNotional, of.boughtNotional, of.soldNotional, shown(scaled(of.fees))];
      return [[accountId, brokerAccountId, instrumentId, product, currency].join('/'), [...quantities, ...costs, of.accountSeq].join(' ')];
    }),
  );
}

function postingLines(postings: readonly PostingEvidence[]): Map<string, string> {
  return new Map(
    postings.map(({ accountId, accountSeq, line, book, currency, amount, atMs, ref }) => [
      `${accountId}/${accountSeq}/${line}`,
      `${book} ${shown(scaled(amount))} ${currency} at ${atMs} for ${ref}`,
    ]),
  );
}

function differences(what: string, stored: ReadonlyMap<string, string>, folded: ReadonlyMap<string, string>): string[] {
  return [...new Set([...stored.keys(), ...folded.keys()])]
    .filter((key) => stored.get(key) !== folded.get(key))
    .map((key) => `${what} ${key} is stored as ${stored.get(key) ?? 'nothing'}; a replay gives ${folded.get(key) ?? 'nothing'}`);
}
