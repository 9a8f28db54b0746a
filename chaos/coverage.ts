// What a run must have met to say anything: a judge that is silent about nothing proves nothing.
import { type Evidence } from './evidence.js';
import { type LimitUse } from './judge/books.js';
import { factsOf, type Violation } from './judge/facts.js';
import { protectionDefault } from './judge/worst-value.js';
import { type Message } from './wire.js';

export interface Coverage {
  /** How often each failpoint killed. */
  readonly failpoints: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly ordersWanted: number;
  readonly trades: number;
  readonly doubts: { readonly found: number; readonly provenAbsent: number };
  readonly sessionMoves: number;
  readonly limit: LimitUse;
  /** Replaces that reached the venue. */
  readonly replaces: number;
  /** How many orders of each kind the venue met, see `kindsOf`. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** Far below what the short form meets on a slow machine too: hundreds of trades, tens of refusals and replaces, accounts at more than nine tenths of their limit. */
export const least = { trades: 20, refusals: 5, peakPercent: 60, replaces: 3 } as const;

/** What was too little, each in a sentence. */
export function missingOf({
  failpoints,
  orders,
  ordersWanted,
  trades,
  doubts,
  sessionMoves,
  limit,
  replaces,
  kinds,
}: Coverage): Violation[] {
  const texts = Object.entries(failpoints).flatMap(([name, count]) => (count === 0 ? [`failpoint ${name} was never hit`] : []));
  if (orders < ordersWanted) texts.push(`${orders} orders were placed, ${ordersWanted} were asked for`);
  if (trades < least.trades) texts.push(`there were ${trades} trades, at least ${least.trades} must be`);
  if (replaces < least.replaces) texts.push(`${replaces} replaces reached the venue, at least ${least.replaces} must`);
  texts.push(...Object.entries(kinds).flatMap(([kind, count]) => (count === 0 ? [`the venue met no order of the kind ${kind}`] : [])));
  if (limit.refusals < least.refusals)
    texts.push(
      `the limit of open value refused ${limit.refusals} requests, it must refuse at least ${least.refusals}: a leak would not show`,
    );
  if (limit.peakPercent < least.peakPercent)
    texts.push(`an account never had more than ${limit.peakPercent} % of its limit open, each must come to ${least.peakPercent} %`);
  if (doubts.found === 0) texts.push('no doubt was resolved by finding the request');
  if (doubts.provenAbsent === 0) texts.push('no doubt was resolved by proof of absence');
  if (sessionMoves === 0) texts.push('no session moved to another connector');
  return texts.map((text) => ({ invariant: 'coverage', text }));
}

const hasWord = (field: string, prefix: string, words: readonly string[]): [kind: string, isOne: (order: Message) => boolean][] =>
  words.map((word) => [word, (order) => order[field] === `${prefix}_${word}`]);
/** What the load draws, told by the order on the venue's wire. */
const kindsSent = new Map([
  ...hasWord('ordType', 'ORD_TYPE', ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'MARKET_TO_LIMIT']),
  ...hasWord('timeInForce', 'TIME_IN_FORCE', ['DAY', 'GTC', 'GTD', 'IOC', 'FOK']),
  ...hasWord('product', 'PRODUCT', ['INTRADAY', 'DELIVERY']),
  ...hasWord('selfTradePrevention', 'SELF_TRADE_PREVENTION', ['CANCEL_NEWEST', 'CANCEL_OLDEST', 'CANCEL_BOTH', 'DECREMENT']),
  ['iceberg', ({ displayQty }: Message) => isGiven(displayQty)],
  ['post-only', ({ postOnly }: Message) => postOnly === true],
  ['protection of its own', ({ marketProtection }: Message) => isGiven(marketProtection) && marketProtection !== protectionDefault],
]);
/** What becomes of some of them, told by a fact. */
const kindsTold = new Map([
  ['triggered', 'orderTriggered'],
  ['expired', 'orderExpired'],
]);

/** How many orders of each kind reached the venue, and how often one was triggered or expired there. */
export function kindsOf(evidence: Pick<Evidence, 'commands' | 'facts'>): Record<string, number> {
  const orders = evidence.commands.filter(({ kind, dropped }) => kind === 'newOrder' && !dropped).map(({ command }) => command);
  const facts = factsOf(evidence);
  return Object.fromEntries([
    ...[...kindsSent].map(([kind, isOne]): [string, number] => [kind, orders.filter(isOne).length]),
    ...[...kindsTold].map(([kind, name]): [string, number] => [kind, facts.filter((fact) => fact.name === name).length]),
  ]);
}

const isGiven = (text: unknown): boolean => text !== undefined && text !== '';
