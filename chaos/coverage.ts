// What a run must have met to say anything: a judge that is silent about nothing proves nothing.
import { type LimitUse } from './judge/books.js';
import { type Violation } from './judge/facts.js';

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
}

/** Far below what the short form meets on a slow machine too: hundreds of trades, tens of refusals and replaces, accounts at more than nine tenths of their limit. */
export const least = { trades: 20, refusals: 5, peakPercent: 60, replaces: 3 } as const;

/** What was too little, each in a sentence. */
export function missingOf({ failpoints, orders, ordersWanted, trades, doubts, sessionMoves, limit, replaces }: Coverage): Violation[] {
  const texts = Object.entries(failpoints).flatMap(([name, count]) => (count === 0 ? [`failpoint ${name} was never hit`] : []));
  if (orders < ordersWanted) texts.push(`${orders} orders were placed, ${ordersWanted} were asked for`);
  if (trades < least.trades) texts.push(`there were ${trades} trades, at least ${least.trades} must be`);
  if (replaces < least.replaces) texts.push(`${replaces} replaces reached the venue, at least ${least.replaces} must`);
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
