// Invariants of orders: I2, I4, I5, I6, I7.
import { type Evidence, type VenueExecution } from '../evidence.js';
import { type Message } from '../wire.js';
import { halfEven, scaled, shown } from './decimal.js';
import { factsOf, feesOf, isFinal, ordersOf, type OrderStory, text } from './facts.js';

/** The venue's view of an order. */
export interface VenueOrder {
  readonly isFinal: boolean;
  readonly status: string;
  readonly cumQty: bigint;
  readonly trades: readonly {
    readonly tradeId: string;
    readonly qty: bigint;
    readonly px: bigint;
    readonly fees: ReadonlyMap<string, bigint>;
  }[];
}

/** By tag, from every execution once, in the order of the session. */
export function venueOrdersOf(executions: readonly VenueExecution[]): Map<string, VenueOrder> {
  const once = new Map(executions.map((one) => [`${one.session}#${one.seq}`, one]));
  const orders = new Map<string, VenueOrder>();
  for (const { execution } of [...once.values()].toSorted((a, b) =>
    a.session === b.session ? a.seq - b.seq : a.session < b.session ? -1 : 1,
  )) {
    const tag = text(execution, 'orderTag');
    if (tag === '') continue;
    const former = orders.get(tag) ?? { isFinal: false, status: 'ORD_STATUS_NEW', cumQty: 0n, trades: [] };
    orders.set(tag, after(former, execution, text(execution, 'tag') === tag));
  }
  return orders;
}

function after(former: VenueOrder, execution: Message, answersNew: boolean): VenueOrder {
  switch (text(execution, 'kind')) {
    case 'EXECUTION_KIND_TRADE': {
      const [qty, px] = [scaled(execution['lastQty']), scaled(execution['lastPx'])];
      const trade = { tradeId: text(execution, 'tradeId'), qty, px, fees: feesOf(execution) };
      const cumQty = former.cumQty + trade.qty;
      const trades = [...former.trades, trade];
      return scaled(execution['leavesQty']) === 0n
        ? { isFinal: true, status: 'ORD_STATUS_FILLED', cumQty, trades }
        : { ...former, cumQty, trades };
    }
    case 'EXECUTION_KIND_CANCELED':
      return { ...former, isFinal: true, status: 'ORD_STATUS_CANCELED' };
    case 'EXECUTION_KIND_EXPIRED':
      return { ...former, isFinal: true, status: 'ORD_STATUS_EXPIRED' };
    case 'EXECUTION_KIND_REJECTED':
      // A refused cancel or replace leaves the order as it is; so does a repeated tag.
      return answersNew && !former.isFinal && text(execution, 'reason') !== 'REASON_VENUE_DUPLICATE_TAG'
        ? { ...former, isFinal: true, status: 'ORD_STATUS_REJECTED' }
        : former;
    case 'EXECUTION_KIND_REPLACED':
      return scaled(execution['leavesQty']) === 0n && former.cumQty > 0n
        ? { ...former, isFinal: true, status: 'ORD_STATUS_FILLED' }
        : former;
    default:
      return former;
  }
}

/** I2: every order is final, or open at the venue; nothing is in doubt or pending. */
export function ordersAreSettled(evidence: Evidence): string[] {
  const venue = venueOrdersOf(evidence.executions);
  const problems: string[] = [];
  for (const { orderId, state, tag } of ordersOf(factsOf(evidence)).values()) {
    const status = text(state, 'ordStatus');
    if (state['inDoubt'] === true) problems.push(`${orderId} is in doubt`);
    if (isFinal(state)) continue;
    if (status !== 'ORD_STATUS_NEW' && status !== 'ORD_STATUS_PARTIALLY_FILLED') problems.push(`${orderId} is ${status}`);
    const atVenue = venue.get(tag);
    if (atVenue === undefined) problems.push(`${orderId} is ${status}, but the venue has no order ${tag}`);
    else if (atVenue.isFinal) problems.push(`${orderId} is ${status}, but at the venue it is ${atVenue.status}`);
  }
  return problems;
}

/** I4: final state, quantity and average price agree with the venue's. */
export function venueAgrees(evidence: Evidence): string[] {
  const stories = new Map([...ordersOf(factsOf(evidence)).values()].filter(({ tag }) => tag !== '').map((story) => [story.tag, story]));
  const venue = venueOrdersOf(evidence.executions);
  const problems: string[] = [];
  for (const [tag, there] of venue) {
    const here = stories.get(tag);
    if (here === undefined) problems.push(`the venue has an order ${tag} that no fact accepted`);
    else problems.push(...differences(here, there));
  }
  for (const [tag, { orderId, state }] of stories)
    if (!venue.has(tag) && text(state, 'cumQty') !== '' && scaled(state['cumQty']) !== 0n)
      problems.push(`${orderId} has fills, but the venue never saw ${tag}`);
  return problems;
}

function differences({ orderId, state }: OrderStory, there: VenueOrder): string[] {
  const problems: string[] = [];
  const status = text(state, 'ordStatus');
  if (there.isFinal && status !== there.status) problems.push(`${orderId} is ${status}, at the venue ${there.status}`);
  if (!there.isFinal && isFinal(state)) problems.push(`${orderId} is ${status}, at the venue it is open`);
  if (scaled(state['cumQty']) !== there.cumQty)
    problems.push(`${orderId} has filled ${text(state, 'cumQty')}, at the venue ${shown(there.cumQty)}`);
  const notional = there.trades.reduce((sum, { qty, px }) => sum + qty * px, 0n);
  const average = there.cumQty === 0n ? 0n : halfEven(notional, there.cumQty);
  if (scaled(state['avgPx']) !== average)
    problems.push(`${orderId} has the average price ${text(state, 'avgPx')}, at the venue ${shown(average)}`);
  return problems;
}

/** I5: what was refused by us never reached the venue. */
export function refusedIsNotSent(evidence: Evidence): string[] {
  const seen = new Set(evidence.commands.filter(({ kind, dropped }) => kind === 'newOrder' && !dropped).map(({ tag }) => tag));
  const taken = new Set(venueOrdersOf(evidence.executions).keys());
  const accepted = new Set<string>();
  const problems: string[] = [];
  for (const { orderId, tag, opening, facts } of ordersOf(factsOf(evidence)).values()) {
    if (opening.name === 'orderAccepted') accepted.add(tag);
    const unsent = facts.find(({ name, value }) => name === 'orderRejected' && value['notSent'] === true);
    // What was proven absent may have passed the witness on its way to a venue that was dead: there the venue's own word counts.
    const reached = text(unsent?.value, 'reason') === 'REASON_PROVEN_ABSENT' ? taken : seen;
    if (unsent !== undefined && reached.has(tag))
      problems.push(`${orderId} was never sent, says ${unsent.where}, but the venue has seen ${tag}`);
  }
  for (const tag of seen) if (!accepted.has(tag)) problems.push(`the venue was asked for ${tag}, which was never accepted`);
  return problems;
}

const order: Readonly<Record<string, number>> = { ORD_STATUS_PENDING_NEW: 0, ORD_STATUS_NEW: 1, ORD_STATUS_PARTIALLY_FILLED: 2 };

/** I6: sequences without gaps, legal transitions; a final state is left only by a trade that came late. */
export function historiesAreLegal(evidence: Evidence): string[] {
  const problems: string[] = [];
  const facts = factsOf(evidence);
  const heads = new Map<string, number>();
  for (const { stream, seq } of evidence.facts) {
    const expected = (heads.get(stream) ?? 0) + 1;
    if (seq !== expected) problems.push(`${stream} has ${seq} after ${expected - 1}`);
    heads.set(stream, seq);
  }
  const accountSeqs = new Map<string, number>();
  for (const { accountId, accountSeq, where } of facts) {
    const expected = (accountSeqs.get(accountId) ?? 0) + 1;
    if (accountSeq !== expected) problems.push(`${accountId} has ${accountSeq} after ${expected - 1} at ${where}`);
    accountSeqs.set(accountId, accountSeq);
  }
  for (const story of ordersOf(facts).values()) problems.push(...illegalSteps(story));
  return problems;
}

function illegalSteps({ orderId, facts }: OrderStory): string[] {
  const problems: string[] = [];
  let former = '';
  let confirmed = 0;
  for (const { name, state, where } of facts) {
    const status = text(state, 'ordStatus');
    const wasFinal = isFinal({ ordStatus: former });
    const isCorrection = name === 'tradeBooked' && status === 'ORD_STATUS_FILLED';
    if (wasFinal && status !== former && !isCorrection) problems.push(`${orderId} went from ${former} to ${status} by ${name} at ${where}`);
    const [from, to] = [order[former], order[status]];
    if (from !== undefined && to !== undefined && to < from && former !== 'ORD_STATUS_PARTIALLY_FILLED')
      problems.push(`${orderId} went back from ${former} to ${status} at ${where}`);
    if (name === 'orderConfirmed' && ++confirmed > 1) problems.push(`${orderId} was confirmed ${confirmed} times, again at ${where}`);
    if (name === 'orderAccepted' && former !== '') problems.push(`${orderId} was accepted again at ${where}`);
    former = status;
  }
  return problems;
}

/** I7: filled is the sum of distinct fills, and neither negative nor more than was ordered. */
export function fillsAddUp(evidence: Evidence): string[] {
  const problems: string[] = [];
  for (const { orderId, facts, state } of ordersOf(factsOf(evidence)).values()) {
    const trades = facts.filter(({ name }) => name === 'tradeBooked');
    const ids = new Set(trades.map(({ value }) => text(value, 'tradeId')));
    if (ids.size !== trades.length) problems.push(`${orderId} has booked a trade twice`);
    const sum = trades.reduce((total, { value }) => total + scaled(value['lastQty']), 0n);
    const cumQty = scaled(state['cumQty'] ?? '0');
    const orderQty = scaled((state['content'] as Message | undefined)?.['orderQty'] ?? '0');
    if (sum !== cumQty) problems.push(`${orderId} says filled ${shown(cumQty)}, its trades say ${shown(sum)}`);
    if (cumQty < 0n || cumQty > orderQty) problems.push(`${orderId} is for ${shown(orderQty)} and has filled ${shown(cumQty)}`);
  }
  return problems;
}
