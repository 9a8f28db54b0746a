// Branded identities: a string becomes an id only through its checked constructor, and one kind of id never passes for another.
import { err, ok, type Result } from './result.js';

type Branded<Name extends string> = string & { readonly __brand: Name };

/** The trading account: what a caller trades on. */
export type AccountId = Branded<'AccountId'>;
/** The set of accounts under shared limits; it decides the shard. */
export type RiskGroupId = Branded<'RiskGroupId'>;
/** Custody and margin at one broker. */
export type BrokerAccountId = Branded<'BrokerAccountId'>;
/** A broker session (a login). */
export type SessionId = Branded<'SessionId'>;
/** Our own opaque id of an instrument. It has no colon, so it is never taken for a symbol such as `NSE:INFY`. */
export type InstrumentId = Branded<'InstrumentId'>;
/** FIX ClOrdID (11): chosen by the caller, unique per account for ever, the idempotency key. */
export type ClOrdId = Branded<'ClOrdId'>;
/** FIX OrderID (37): ours, with the shard in its first two characters; see `newOrderId`. */
export type OrderId = Branded<'OrderId'>;
/** One part of an order that goes to one broker account. */
export type PlacementId = Branded<'PlacementId'>;
/** One NEW, REPLACE or CANCEL of a placement. */
export type BrokerRequestId = Branded<'BrokerRequestId'>;
/** The broker's id of an order. */
export type BrokerOrderId = Branded<'BrokerOrderId'>;
/** What the broker carries for us so that a request can be found again; see `tagOf`. */
export type Tag = Branded<'Tag'>;
/** The broker's id of a trade. */
export type TradeId = Branded<'TradeId'>;
/** The caller's strategy, a scope of limits and halts. */
export type StrategyId = Branded<'StrategyId'>;

/** Why a text is not an id: the field (as the API names it) and the rule it breaks. The text itself is left out: it may be anything. */
export interface InvalidId {
  readonly field: string;
  readonly rule: string;
}

/** Thrown by an id's constructor when the text breaks the rule of that id. */
export class InvalidIdError extends Error implements InvalidId {
  override readonly name = 'InvalidIdError';
  readonly field: string;
  readonly rule: string;

  constructor({ field, rule }: InvalidId) {
    super(`${field} must be ${rule}`);
    this.field = field;
    this.rule = rule;
  }
}

/** The checked constructor of one kind of id. */
export interface IdType<T extends string> {
  /** Returns the branded text; throws `InvalidIdError`. For texts that our own code made or stored. */
  (text: string): T;
  /** The same check as a value. For texts that come from outside. */
  parse(text: string): Result<T, InvalidId>;
}

function idType<T extends string>(field: string, rule: string, pattern: RegExp): IdType<T> {
  const invalid: InvalidId = Object.freeze({ field, rule });
  // The `typeof` guards against callers outside of TypeScript's view (JSON, rows): a pattern would accept the number 7 as "7".
  const isValid = (text: string): text is T => typeof text === 'string' && pattern.test(text);
  const construct = (text: string): T => {
    if (!isValid(text)) throw new InvalidIdError(invalid);
    return text;
  };
  const parse = (text: string): Result<T, InvalidId> => (isValid(text) ? ok(text) : err(invalid));
  return Object.assign(construct, { parse });
}

const name32 = [String.raw`1 to 32 characters of A-Z a-z 0-9 . _ -`, /^[A-Za-z0-9._-]{1,32}$/] as const;
const derived64 = [String.raw`1 to 64 characters of A-Z a-z 0-9 . _ -`, /^[A-Za-z0-9._-]{1,64}$/] as const;
const foreign64 = ['1 to 64 printable ASCII characters without spaces', /^[\x21-\x7e]{1,64}$/] as const;

export const AccountId = idType<AccountId>('accountId', ...name32);
export const RiskGroupId = idType<RiskGroupId>('riskGroupId', ...name32);
export const BrokerAccountId = idType<BrokerAccountId>('brokerAccountId', ...name32);
export const SessionId = idType<SessionId>('sessionId', ...name32);
export const InstrumentId = idType<InstrumentId>('instrumentId', ...name32);
export const StrategyId = idType<StrategyId>('strategyId', ...name32);
export const ClOrdId = idType<ClOrdId>('clOrdId', '1 to 36 printable ASCII characters without spaces', /^[\x21-\x7e]{1,36}$/);
export const OrderId = idType<OrderId>(
  'orderId',
  '24 characters: the shard as two hexadecimal digits, then 22 of lower-case Crockford base32',
  /^[0-9a-f]{2}[0-7][0-9a-hjkmnp-tv-z]{21}$/,
);
export const PlacementId = idType<PlacementId>('placementId', ...derived64);
export const BrokerRequestId = idType<BrokerRequestId>('brokerRequestId', ...derived64);
export const BrokerOrderId = idType<BrokerOrderId>('brokerOrderId', ...foreign64);
export const TradeId = idType<TradeId>('tradeId', ...foreign64);
export const Tag = idType<Tag>('tag', '20 characters of a-z 2-7', /^[a-z2-7]{20}$/);
