// What a broker can do, as data: every fact with its source and the date on which it was read.
import {
  notOffered,
  type NotOffered,
  type OrderContent,
  type OrdType,
  type Product,
  type SelfTradePrevention,
  type TimeInForce,
} from '@switchyard/contracts';
import { type BrokerOffer } from '@switchyard/contracts/gen/brokers/v1/service';

/** A fact about a broker: the value, where it was read (a document, an address, "measured"), and when ("YYYY-MM-DD"). */
export interface Fact<T> {
  readonly value: T;
  readonly source: string;
  readonly date: string;
}

/** How our tag travels: in which form the broker keeps it, and how a request is found again by it. */
export interface TagRule {
  readonly maxLength: number;
  /** A regular expression for one allowed character, for example "[a-z0-9]". */
  readonly charset: string;
  /** `by-tag`: the broker looks up by tag; `in-book`: the tag is a field of its order list. */
  readonly lookUp: 'by-tag' | 'in-book';
}

/** reliability.md A.1: what the broker does with a client id decides what may be done after a timeout. None of them allows to send a placement twice. */
export type IdempotencyClass = 'IDEMPOTENT_KEY' | 'TAG_LOOKUP' | 'TAG_IN_BOOK' | 'NONE';

export interface BrokerCapabilities {
  /** The broker's code, for example "paper". */
  readonly broker: string;
  readonly ordTypes: Fact<readonly OrdType[]>;
  readonly timeInForces: Fact<readonly TimeInForce[]>;
  readonly products: Fact<readonly Product[]>;
  /** Order types and times in force that the broker has, but not in one order. */
  readonly notTogether: Fact<readonly (readonly [OrdType, TimeInForce])[]>;
  /** Whether an order may show a part of its quantity only. */
  readonly displayQty: Fact<boolean>;
  readonly postOnly: Fact<boolean>;
  /** Whether the broker takes a market protection of the caller's choice. */
  readonly marketProtection: Fact<boolean>;
  /** What may be asked for beyond the broker's own rule. */
  readonly selfTradePreventions: Fact<readonly SelfTradePrevention[]>;
  /** True: a working order can be replaced at the broker; false: only canceled. */
  readonly nativeReplace: Fact<boolean>;
  readonly tag: Fact<TagRule>;
  /** What the broker takes over all sessions: each process keeps it over those that it holds. */
  readonly commandsPerSecondMax: Fact<number>;
  readonly idempotency: Fact<IdempotencyClass>;
  /** A request that left may come into force this much later: the proof of absence waits at least this long. */
  readonly latenessMsMax: Fact<number>;
}

/** What the door of order-gateway needs of it. */
export function offerOf(capabilities: BrokerCapabilities): BrokerOffer {
  return {
    ordTypes: [...capabilities.ordTypes.value],
    timeInForces: [...capabilities.timeInForces.value],
    products: [...capabilities.products.value],
    notTogether: capabilities.notTogether.value.map(([ordType, timeInForce]) => ({ ordType, timeInForce })),
    displayQty: capabilities.displayQty.value,
    marketProtection: capabilities.marketProtection.value,
    postOnly: capabilities.postOnly.value,
    selfTradePreventions: [...capabilities.selfTradePreventions.value],
  };
}

/** Each broker's offer, made once. */
const offers = new WeakMap<BrokerCapabilities, BrokerOffer>();

/** The first thing in the order that the broker does not offer, or undefined: known before anything is sent. */
export function capabilityRefusal(capabilities: BrokerCapabilities, content: OrderContent): NotOffered | undefined {
  let offer = offers.get(capabilities);
  if (offer === undefined) offers.set(capabilities, (offer = offerOf(capabilities)));
  return notOffered(capabilities.broker, offer, content);
}

/** Whether the broker can carry the tag as it is. */
export function fitsTagRule(rule: TagRule, tag: string): boolean {
  return tag.length > 0 && tag.length <= rule.maxLength && new RegExp(`^(?:${rule.charset})+$`).test(tag);
}
