// Invariants of positions, cash, limits and life: I9, I10, I11, I12, I20.
import { type Evidence, type PositionEvidence } from '../evidence.js';
import { one, scaled, shown } from './decimal.js';
import { type Fact, factsOf, feesOf, isFinal, largest, ordersOf, sumOf, text } from './facts.js';
import { WorstValue } from './worst-value.js';
import { type Message } from '../wire.js';

const signedQty = (value: Message): bigint => (text(value, 'side') === 'SIDE_BUY' ? scaled(value['lastQty']) : -scaled(value['lastQty']));

/** I9: a position is the sum of its signed fills, and the venue's position. */
export function positionsAreFills(evidence: Evidence): string[] {
  const fills = new Map<string, bigint>();
  for (const { name, accountId, value } of factsOf(evidence)) {
    if (name !== 'tradeBooked') continue;
    const key = `${accountId}/${text(value, 'instrumentId')}`;
    fills.set(key, (fills.get(key) ?? 0n) + signedQty(value));
  }
  const byKey = (list: readonly PositionEvidence[]): Map<string, bigint> =>
    new Map(list.map(({ accountId, instrumentId, netQty }) => [`${accountId}/${instrumentId}`, scaled(netQty)]));
  const [tracked, venue] = [byKey(evidence.positions), byKey(evidence.venuePositions)];
  const problems: string[] = [];
  for (const key of new Set([...fills.keys(), ...tracked.keys(), ...venue.keys()])) {
    const [sum, here, there] = [fills.get(key) ?? 0n, tracked.get(key) ?? 0n, venue.get(key)];
    if (sum !== here) problems.push(`${key}: the fills make ${shown(sum)}, the tracker has ${shown(here)}`);
    if (there !== undefined && sum !== there) problems.push(`${key}: the fills make ${shown(sum)}, the venue has ${shown(there)}`);
  }
  return problems;
}

/** I10: postings of a fact sum to zero, every fact that moves money is posted once, and cash is what the facts make it, net of fees. */
export function ledgerBalances(evidence: Evidence): string[] {
  const problems: string[] = [];
  const sums = new Map<string, bigint>();
  const posted = new Map<string, Map<string, bigint>>();
  for (const { accountId, accountSeq, currency, amount, book, ref } of evidence.postings) {
    const entry = `${accountId}/${accountSeq}/${currency}`;
    sums.set(entry, (sums.get(entry) ?? 0n) + scaled(amount));
    const key = `${accountId}/${accountSeq}/${ref}`;
    const books = posted.get(key) ?? new Map<string, bigint>();
    if (books.has(book)) problems.push(`${key} was posted to ${book} twice`);
    posted.set(key, books.set(book, scaled(amount)));
  }
  for (const [entry, sum] of sums) if (sum !== 0n) problems.push(`the postings of ${entry} sum to ${shown(sum)}`);
  const cash = new Map<string, bigint>();
  for (const fact of factsOf(evidence)) {
    const moved = cashOf(fact);
    if (moved === undefined) continue;
    const key = `${fact.accountId}/${fact.accountSeq}/${moved.ref}`;
    const booked = posted.get(key)?.get('cash');
    if (booked !== moved.amount)
      problems.push(`${key} moves ${shown(moved.amount)}, and ${booked === undefined ? 'nothing' : shown(booked)} was posted to cash`);
    posted.delete(key);
    const account = `${fact.accountId}/${text(fact.value, 'currency')}`;
    cash.set(account, (cash.get(account) ?? 0n) + moved.amount);
  }
  for (const key of posted.keys()) problems.push(`${key} was posted, but no fact moves it`);
  const balances = new Map(evidence.cash.map(({ accountId, currency, balance }) => [`${accountId}/${currency}`, scaled(balance)]));
  for (const [account, amount] of cash)
    if (amount !== (balances.get(account) ?? 0n))
      problems.push(`${account} has ${shown(balances.get(account) ?? 0n)}, the facts make ${shown(amount)}`);
  return problems;
}

function cashOf({ name, value }: Fact): { ref: string; amount: bigint } | undefined {
  if (name === 'cashAdjusted') return { ref: text(value, 'adjustmentId'), amount: scaled(value['amount']) };
  if (name !== 'tradeBooked') return undefined;
  const flow = (-signedQty(value) * scaled(value['lastPx'])) / one;
  return { ref: text(value, 'tradeId'), amount: flow - sumOf(feesOf(value).values()) };
}

/** I11: risk's exposure is that of the open orders; nothing leaked. */
export function exposureIsExact(evidence: Evidence): string[] {
  const orders = [...ordersOf(factsOf(evidence)).values()];
  return evidence.accounts.flatMap(({ accountId, openValue, openOrders }) => {
    const open = orders.filter((order) => order.accountId === accountId && !isFinal(order.state));
    const value = sumOf(open.map(({ facts }) => openValueOf(facts))) / one;
    const problems: string[] = [];
    if (value !== scaled(openValue)) problems.push(`${accountId}: risk counts ${openValue} as open, the open orders make ${shown(value)}`);
    if (open.length !== openOrders) problems.push(`${accountId}: risk counts ${openOrders} open orders, there are ${open.length}`);
    return problems;
  });
}

function openValueOf(facts: readonly Fact[]): bigint {
  const worst = new WorstValue();
  return facts.map((fact) => worst.fold(fact)).at(-1) ?? 0n;
}

/** What is open of an account after a fact that may add to it, scaled by 10^18: orders in doubt and pending replaces at their worst. */
function* openValues(evidence: Evidence): Generator<{ readonly accountId: string; readonly openValue: bigint; readonly where: string }> {
  const byOrder = new Map<string, { readonly worst: WorstValue; readonly open: bigint }>();
  const totals = new Map<string, bigint>();
  for (const fact of factsOf(evidence)) {
    const { accountId, value, state, name, where } = fact;
    const orderId = text(value, 'orderId');
    if (state === undefined || orderId === '' || name === 'requestDenied') continue;
    const { worst, open: before } = byOrder.get(orderId) ?? { worst: new WorstValue(), open: 0n };
    const open = worst.fold(fact);
    const openValue = (totals.get(accountId) ?? 0n) + open - before;
    byOrder.set(orderId, { worst, open });
    totals.set(accountId, openValue);
    if (name === 'orderAccepted' || name === 'replaceRequested') yield { accountId, openValue, where };
  }
}

/** I12: at no fact is the open value above the limit. */
export function limitsHold(evidence: Evidence): string[] {
  const limits = new Map(evidence.accounts.map(({ accountId, openValueMax }) => [accountId, scaled(openValueMax)]));
  const problems: string[] = [];
  for (const { accountId, openValue, where } of openValues(evidence)) {
    const limit = limits.get(accountId);
    if (limit !== undefined && openValue > limit * one)
      problems.push(`${accountId} has ${shown(openValue / one)} open after ${where}, the limit is ${shown(limit)}`);
  }
  return problems;
}

/** How hard the limit of open value was met. */
export interface LimitUse {
  /** Orders and replaces that it refused. */
  readonly refusals: number;
  /** How much of it was open at most, in whole percent: of the account that came least near. */
  readonly peakPercent: number;
}

export function limitUse(evidence: Evidence): LimitUse {
  const peaks = new Map(evidence.accounts.map(({ accountId }) => [accountId, 0n]));
  for (const { accountId, openValue } of openValues(evidence)) peaks.set(accountId, largest(peaks.get(accountId) ?? 0n, openValue));
  const percents = evidence.accounts.map(({ accountId, openValueMax }) =>
    Number(((peaks.get(accountId) ?? 0n) * 100n) / (scaled(openValueMax) * one)),
  );
  const refusals = factsOf(evidence).filter(
    ({ name, value }) =>
      (name === 'orderDenied' || name === 'requestDenied') && text(value, 'reason') === 'REASON_OPEN_VALUE_EXCEEDS_MAXIMUM',
  );
  return { refusals: refusals.length, peakPercent: Math.min(...percents) };
}

/** I20: once faults stop, everything drains by itself, and every request has its answer. */
export function everythingDrains(evidence: Evidence): string[] {
  const unanswered = evidence.load.filter(({ answer, refused }) => answer === undefined && refused === undefined);
  return [
    ...evidence.undrained,
    ...unanswered.map(({ accountId, clOrdId, kind, tries }) => `${kind} ${accountId}/${clOrdId} has no answer after ${tries} tries`),
  ];
}
