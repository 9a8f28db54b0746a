// Invariants of what the venue was asked and told: I3, I8, I13, I17.
import { type Evidence, type VenueCommand } from '../evidence.js';
import { scaled, shown } from './decimal.js';
import { factsOf, feesOf, ordersOf, text } from './facts.js';
import { venueOrdersOf } from './orders.js';

/** A request on the wire when a halt came into force may still arrive: the write-ahead may be this old (architecture.md 5). */
export const onTheWireMs = 250;

const arrived = ({ commands }: Evidence): VenueCommand[] => commands.filter(({ dropped }) => !dropped);

/** I3: the venue saw every tag at most once, even those that broke off on the way. */
export function nothingIsSentTwice({ commands }: Evidence): string[] {
  const counts = new Map<string, number>();
  for (const { tag } of commands) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1).map(([tag, count]) => `${tag} was sent ${count} times`);
}

/** A trade in one line: quantity, price and charges. */
const dealOf = (qty: bigint, px: bigint, fees: ReadonlyMap<string, bigint>): string =>
  [
    `${shown(qty)} at ${shown(px)}`,
    ...[...fees].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => `${name} ${shown(amount)}`),
  ].join(', ');

/** I8: the fills here are the fills at the venue, with the same charges. */
export function fillsAreTheVenues(evidence: Evidence): string[] {
  const there = new Map<string, string>();
  for (const [tag, { trades }] of venueOrdersOf(evidence.executions))
    for (const { tradeId, qty, px, fees } of trades) there.set(`${tag}/${tradeId}`, dealOf(qty, px, fees));
  const problems: string[] = [];
  const here = new Set<string>();
  for (const { tag, facts } of ordersOf(factsOf(evidence)).values()) {
    for (const { name, value, where } of facts) {
      if (name !== 'tradeBooked') continue;
      const key = `${tag}/${text(value, 'tradeId')}`;
      const content = dealOf(scaled(value['lastQty']), scaled(value['lastPx']), feesOf(value));
      if (here.has(key)) problems.push(`trade ${key} was booked twice, again at ${where}`);
      here.add(key);
      const told = there.get(key);
      if (told === undefined) problems.push(`trade ${key} of ${where} is none of the venue's`);
      else if (told !== content) problems.push(`trade ${key} is ${content} at ${where}, and ${told} at the venue`);
    }
  }
  for (const key of there.keys()) if (!here.has(key)) problems.push(`trade ${key} of the venue was never booked`);
  return problems;
}

/** I13: orders of an account reach the venue in the order in which they were accepted. */
export function ordersKeepTheirOrder(evidence: Evidence): string[] {
  const stories = new Map([...ordersOf(factsOf(evidence)).values()].map((story) => [story.tag, story]));
  const last = new Map<string, { readonly accountSeq: number; readonly orderId: string }>();
  const problems: string[] = [];
  for (const { kind, tag } of arrived(evidence)) {
    const story = kind === 'newOrder' ? stories.get(tag) : undefined;
    if (story === undefined) continue;
    const former = last.get(story.accountId);
    const { accountSeq } = story.opening;
    if (former !== undefined && former.accountSeq > accountSeq)
      problems.push(`${story.orderId} (${accountSeq}) was sent after ${former.orderId} (${former.accountSeq}) of ${story.accountId}`);
    else last.set(story.accountId, { accountSeq, orderId: story.orderId });
  }
  return problems;
}

/** I17: while a halt is in force no order or replace reaches the venue, apart from what was on the wire. */
export function haltsHold(evidence: Evidence): string[] {
  const accountOfTag = new Map([...ordersOf(factsOf(evidence)).values()].map(({ tag, accountId }) => [tag, accountId]));
  const problems: string[] = [];
  for (const { kind, tag, atMs, command } of arrived(evidence)) {
    if (kind === 'cancel') continue;
    const accountId = accountOfTag.get(kind === 'newOrder' ? tag : text(command, 'targetTag'));
    for (const halt of evidence.halts) {
      const covers = halt.accountId === '' || halt.accountId === accountId;
      if (covers && atMs > halt.engagedAtMs + onTheWireMs && atMs < halt.releasedAtMs)
        problems.push(
          `${tag} of ${accountId ?? 'nobody'} reached the venue ${atMs - halt.engagedAtMs} ms after a halt was in force everywhere`,
        );
    }
  }
  return problems;
}

/** How many requests came within the allowance after a halt: to be published. */
export function onTheWire(evidence: Evidence): number {
  return arrived(evidence).filter(
    ({ kind, atMs }) =>
      kind !== 'cancel' &&
      evidence.halts.some(({ accountId, engagedAtMs }) => accountId === '' && atMs > engagedAtMs && atMs <= engagedAtMs + onTheWireMs),
  ).length;
}
