// The journal as the judge reads it: facts by account and by order, with what the judge itself computes from them.
import { type Evidence, type JournalFact } from '../evidence.js';
import { type Message } from '../wire.js';
import { scaled } from './decimal.js';

/** A rule that was broken. */
export interface Violation {
  /** For example "I3". */
  readonly invariant: string;
  readonly text: string;
}

export type Invariant = (evidence: Evidence) => readonly string[];

/** One fact, with its oneof opened. */
export interface Fact {
  readonly accountId: string;
  readonly accountSeq: number;
  readonly atMs: number;
  readonly name: string;
  readonly value: Message;
  readonly state: Message | undefined;
  readonly where: string;
}

export const text = (message: Message | undefined, field: string): string => (message?.[field] as string | undefined) ?? '';

/** What a trade was charged, by name of the charge. */
export function feesOf(value: Message): ReadonlyMap<string, bigint> {
  const fees = new Map<string, bigint>();
  for (const fee of (value['fees'] ?? []) as readonly Message[])
    fees.set(text(fee, 'name'), (fees.get(text(fee, 'name')) ?? 0n) + scaled(fee['amount']));
  return fees;
}

export const sumOf = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((sum, amount) => sum + amount, 0n);

export function factOf({ event, stream, seq }: JournalFact): Fact {
  const name = text(event, 'event');
  return {
    accountId: text(event, 'accountId'),
    accountSeq: event['accountSeq'] as number,
    atMs: event['atMs'] as number,
    name,
    value: (event[name] ?? {}) as Message,
    state: (event['state'] ?? undefined) as Message | undefined,
    where: `${stream}#${seq}`,
  };
}

export function factsOf(evidence: Pick<Evidence, 'facts'>): Fact[] {
  return evidence.facts.map(factOf);
}

/** An order as its facts tell it. */
export interface OrderStory {
  readonly orderId: string;
  readonly accountId: string;
  readonly opening: Fact;
  readonly facts: readonly Fact[];
  /** Tag of the request that places it; empty for a denied order. */
  readonly tag: string;
  /** After the last fact. */
  readonly state: Message;
}

const openings = new Set(['orderAccepted', 'orderDenied']);

/** Every order, in the order of acceptance within an account. */
export function ordersOf(facts: readonly Fact[]): Map<string, OrderStory> {
  const byOrder = new Map<string, Fact[]>();
  for (const fact of facts) {
    const orderId = text(fact.value, 'orderId');
    if (orderId === '' || fact.name === 'requestDenied') continue;
    byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), fact]);
  }
  const orders = new Map<string, OrderStory>();
  for (const [orderId, own] of byOrder) {
    const sorted = own.toSorted((a, b) => a.accountSeq - b.accountSeq);
    const [opening] = sorted;
    if (opening === undefined || !openings.has(opening.name)) continue;
    const tag = text((opening.value['placement'] ?? undefined) as Message | undefined, 'tag');
    orders.set(orderId, { orderId, accountId: opening.accountId, opening, facts: sorted, tag, state: sorted.at(-1)?.state ?? {} });
  }
  return orders;
}

export const finalStatuses = new Set([
  'ORD_STATUS_FILLED',
  'ORD_STATUS_CANCELED',
  'ORD_STATUS_REJECTED',
  'ORD_STATUS_EXPIRED',
  'ORD_STATUS_DENIED',
]);
export const isFinal = (state: Message | undefined): boolean => finalStatuses.has(text(state, 'ordStatus'));

export const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
