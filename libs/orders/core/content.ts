// The form of requests: every broken rule of syntax at once, and the hash that recognises a repeated request. Rules that need knowledge (instrument,
// limits, what a broker can do) are not here.
import { hash } from 'node:crypto';
import {
  dateMsMax,
  numberRules,
  OrdType,
  Product,
  Reason,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TradingState,
  violationOfReason,
  violationOfText,
  type FieldViolation,
  type OrderContent,
} from '@switchyard/contracts';
import {
  type AdjustCashRequest,
  type CancelAllRequest,
  type CancelOrderRequest,
  type PlaceOrderRequest,
  type PreviewOrderRequest,
  type PutAccountRequest,
  type ReplaceOrderRequest,
  type SetTradingStateRequest,
} from '@switchyard/contracts/gen/orders/v1/service';
import {
  AccountId,
  BrokerAccountId,
  ClOrdId,
  formatDecimal,
  parseDecimal,
  RiskGroupId,
  SessionId,
  StrategyId,
  type IdType,
} from '@switchyard/kernel';

/** Bounds of numbers (scaled 1e9): quantity times price, and sums of many such, fit the platform's numeric(28,9). */
const orderQtyMax = 10n ** 10n * 10n ** 9n;
const priceMax = 10n ** 8n * 10n ** 9n;
const amountMax = 10n ** 16n * 10n ** 9n;
/** Market protection, scaled 1e9: below a hundred percent, in steps of a hundredth of one. */
const protectionMax = 100n * 10n ** 9n;
const protectionStep = 10n ** 7n;
/** A cancel-all's id leaves room for the number that each cancel gets. */
const cancelAllIdLengthMax = 24;
const namePattern = /^[A-Za-z0-9._-]{1,32}$/;
const instrumentPattern = /^[\x21-\x7e]{1,64}$/;
const currencyPattern = /^[A-Z]{3}$/;

/** Collects what is wrong, field by field, in the request's order. */
class Violations {
  readonly list: FieldViolation[] = [];

  add(field: string, reason: Reason, description: string): void {
    this.list.push({ field, reason, description });
  }

  addIfAny(violation: FieldViolation | undefined): void {
    if (violation !== undefined) this.list.push(violation);
  }

  id<T extends string>(field: string, value: string, type: IdType<T>): void {
    if (value === '') return this.required(field);
    const parsed = type.parse(value);
    if (!parsed.ok) this.add(field, Reason.FIELD_MALFORMED, `${field} must be ${parsed.error.rule}.`);
  }

  text(field: string, value: string, pattern: RegExp, rule: string): void {
    if (value === '') return this.required(field);
    if (!pattern.test(value)) this.add(field, Reason.FIELD_MALFORMED, `${field} must be ${rule}.`);
  }

  required(field: string): void {
    this.add(field, Reason.FIELD_REQUIRED, `${field} is required.`);
  }

  /** A decimal; returns its value where it is one. */
  decimal(field: string, value: string, max: bigint): bigint | undefined {
    if (value === '') {
      this.required(field);
      return undefined;
    }
    const parsed = parseDecimal(value);
    if (!parsed.ok) {
      const reason = parsed.error.code === 'TOO_MANY_INTEGER_DIGITS' ? Reason.OUT_OF_RANGE : Reason.FIELD_MALFORMED;
      this.add(field, reason, `${field}: ${parsed.error.rule}.`);
      return undefined;
    }
    if (parsed.value > max || parsed.value < -max) {
      this.add(field, Reason.OUT_OF_RANGE, `${field} must be at most ${formatDecimal(max)}.`);
      return undefined;
    }
    return parsed.value;
  }

  positive(field: string, value: string, max: bigint): bigint | undefined {
    const parsed = this.decimal(field, value, max);
    if (parsed === undefined || parsed > 0n) return parsed;
    this.add(field, Reason.NOT_POSITIVE, `${field} must be greater than zero.`);
    return undefined;
  }

  enum(field: string, value: number, known: readonly number[], words: string): void {
    if (!known.includes(value)) this.add(field, Reason.ENUM_UNKNOWN, `${field} must be ${words}.`);
  }
}

const sides = [Side.BUY, Side.SELL];
const ordTypes = [OrdType.MARKET, OrdType.LIMIT, OrdType.STOP, OrdType.STOP_LIMIT, OrdType.MARKET_TO_LIMIT];
const timesInForce = [
  TimeInForce.DAY,
  TimeInForce.GTC,
  TimeInForce.GTD,
  TimeInForce.IOC,
  TimeInForce.FOK,
  TimeInForce.AT_OPEN,
  TimeInForce.AT_CLOSE,
];
/** Orders of these never rest. */
const atOnce = [TimeInForce.IOC, TimeInForce.FOK];
/** Orders of these rest in the continuous book. */
const resting = [TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD];
/** Venues keep the second of an expiry in 32 bits. */
const expireAtMsMax = (2 ** 32 - 1) * 1000;
const selfTradePreventions = [
  SelfTradePrevention.UNSPECIFIED, // The venue's own rule.
  SelfTradePrevention.CANCEL_NEWEST,
  SelfTradePrevention.CANCEL_OLDEST,
  SelfTradePrevention.CANCEL_BOTH,
  SelfTradePrevention.DECREMENT,
];
const products = [Product.INTRADAY, Product.DELIVERY, Product.CARRY, Product.MARGIN];
const tradingStates = [TradingState.ACTIVE, TradingState.REDUCE_ONLY, TradingState.CANCEL_ONLY, TradingState.HALTED];

/** Whether an order of this type has a limit price. */
export function hasPrice(ordType: OrdType): boolean {
  return ordType === OrdType.LIMIT || ordType === OrdType.STOP_LIMIT;
}

/** Whether an order of this type has a stop price. */
export function hasStopPx(ordType: OrdType): boolean {
  return ordType === OrdType.STOP || ordType === OrdType.STOP_LIMIT;
}

/** Everything that is wrong with the form of a new order; empty when nothing is. */
export function violationsOfPlace(request: PlaceOrderRequest): readonly FieldViolation[] {
  const violations = new Violations();
  violations.id('accountId', request.accountId, AccountId);
  violations.id('clOrdId', request.clOrdId, ClOrdId);
  checkContent(violations, request.content);
  return violations.list;
}

export function violationsOfPreview(request: PreviewOrderRequest): readonly FieldViolation[] {
  const violations = new Violations();
  violations.id('accountId', request.accountId, AccountId);
  checkContent(violations, request.content);
  return violations.list;
}

function checkContent(violations: Violations, content: OrderContent | undefined): void {
  if (content === undefined) return violations.required('content');
  violations.text('content.instrument', content.instrument, instrumentPattern, 'an instrument id or EXCHANGE:SYMBOL');
  violations.enum('content.side', content.side, sides, 'BUY or SELL');
  violations.enum('content.ordType', content.ordType, ordTypes, 'MARKET, LIMIT, STOP, STOP_LIMIT or MARKET_TO_LIMIT');
  violations.enum('content.timeInForce', content.timeInForce, timesInForce, 'DAY, GTC, GTD, IOC, FOK, AT_OPEN or AT_CLOSE');
  violations.enum('content.product', content.product, products, 'INTRADAY, DELIVERY, CARRY or MARGIN');
  const orderQty = violations.positive('content.orderQty', content.orderQty, orderQtyMax);
  const typeIsKnown = ordTypes.includes(content.ordType);
  checkPrice(violations, 'content.price', content.price, typeIsKnown ? hasPrice(content.ordType) : undefined, 'LIMIT and STOP_LIMIT');
  checkPrice(violations, 'content.stopPx', content.stopPx, typeIsKnown ? hasStopPx(content.ordType) : undefined, 'STOP and STOP_LIMIT');
  checkDisplayQty(violations, content, orderQty);
  checkMarketProtection(violations, content);
  checkExpiry(violations, content);
  checkPostOnly(violations, content);
  const ways = 'CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH or DECREMENT, or left out';
  violations.enum('content.selfTradePrevention', content.selfTradePrevention, selfTradePreventions, ways);
  if (content.strategyId !== '') violations.id('content.strategyId', content.strategyId, StrategyId);
  if (content.algoId !== '') violations.text('content.algoId', content.algoId, namePattern, '1 to 32 characters of A-Z a-z 0-9 . _ -');
  if (!isInstant(content.sendBeforeMs))
    violations.add('content.sendBeforeMs', Reason.OUT_OF_RANGE, `content.sendBeforeMs ${numberRules.sendBeforeMs}.`);
}

const isInstant = (atMs: number): boolean => Number.isSafeInteger(atMs) && atMs >= 0 && atMs <= dateMsMax;

/** Only what rests can rest in part unseen. */
function checkDisplayQty(violations: Violations, content: OrderContent, orderQty: bigint | undefined): void {
  const field = 'content.displayQty';
  if (content.displayQty === undefined) return;
  if (!hasPrice(content.ordType) || atOnce.includes(content.timeInForce))
    return violations.add(field, Reason.FIELD_NOT_ALLOWED, `${field} is only for LIMIT and STOP_LIMIT orders that are not IOC or FOK.`);
  const displayQty = violations.positive(field, content.displayQty, orderQtyMax);
  if (displayQty !== undefined && orderQty !== undefined && displayQty > orderQty)
    violations.add(field, Reason.OUT_OF_RANGE, `${field} must be at most content.orderQty.`);
}

function checkMarketProtection(violations: Violations, { ordType, marketProtection }: OrderContent): void {
  const field = 'content.marketProtection';
  if (marketProtection === undefined) return;
  if (ordType !== OrdType.MARKET && ordType !== OrdType.STOP)
    return violations.add(field, Reason.FIELD_NOT_ALLOWED, `${field} is only for MARKET and STOP orders.`);
  const percent = violations.positive(field, marketProtection, protectionMax);
  if (percent === protectionMax) violations.add(field, Reason.OUT_OF_RANGE, `${field} must be below 100.`);
  else if (percent !== undefined && percent % protectionStep !== 0n)
    violations.add(field, Reason.FIELD_MALFORMED, `${field} must have at most two decimals.`);
}

/** Whether the time is still to come is judged after the clOrdId was looked up: a repeated request gets its first answer at any time. */
function checkExpiry(violations: Violations, { timeInForce, expireAtMs }: OrderContent): void {
  const field = 'content.expireAtMs';
  if (timeInForce !== TimeInForce.GTD) {
    if (expireAtMs !== 0) violations.add(field, Reason.FIELD_NOT_ALLOWED, `${field} is only for GTD orders.`);
  } else if (expireAtMs === 0) violations.add(field, Reason.FIELD_REQUIRED, `${field} is required for GTD orders.`);
  else if (!isInstant(expireAtMs) || expireAtMs > expireAtMsMax)
    violations.add(field, Reason.OUT_OF_RANGE, `${field} ${numberRules.expireAtMs}.`);
  else if (expireAtMs % 1000 !== 0) violations.add(field, Reason.FIELD_MALFORMED, `${field} must be in whole seconds.`);
}

function checkPostOnly(violations: Violations, { postOnly, ordType, timeInForce }: OrderContent): void {
  const field = 'content.postOnly';
  if (postOnly && (ordType !== OrdType.LIMIT || !resting.includes(timeInForce)))
    violations.add(field, Reason.FIELD_NOT_ALLOWED, `${field} is only for LIMIT orders with DAY, GTC or GTD.`);
}

/** @param wanted whether the order's type has this price; undefined where the type itself is unknown. */
function checkPrice(violations: Violations, field: string, value: string | undefined, wanted: boolean | undefined, types: string): void {
  if (value === undefined || value === '') {
    if (wanted === true) violations.add(field, Reason.FIELD_REQUIRED, `${field} is required for ${types} orders.`);
  } else if (wanted === false) violations.add(field, Reason.FIELD_NOT_ALLOWED, `${field} is only for ${types} orders.`);
  else violations.positive(field, value, priceMax);
}

/** Everything that is wrong with the form of a cancel. */
export function violationsOfCancel(request: CancelOrderRequest): readonly FieldViolation[] {
  const violations = new Violations();
  checkTarget(violations, request);
  return violations.list;
}

/** Everything that is wrong with the form of a replace; whether the order takes a price at all is known only with the order. */
export function violationsOfReplace(request: ReplaceOrderRequest): readonly FieldViolation[] {
  const violations = new Violations();
  checkTarget(violations, request);
  violations.positive('orderQty', request.orderQty, orderQtyMax);
  if (request.price !== undefined) violations.positive('price', request.price, priceMax);
  if (request.stopPx !== undefined) violations.positive('stopPx', request.stopPx, priceMax);
  return violations.list;
}

function checkTarget(violations: Violations, request: CancelOrderRequest | ReplaceOrderRequest): void {
  violations.id('accountId', request.accountId, AccountId);
  violations.id('clOrdId', request.clOrdId, ClOrdId);
  if (request.orderId === '' && request.origClOrdId === '')
    violations.add('orderId', Reason.FIELD_REQUIRED, 'orderId or origClOrdId is required.');
  if (request.orderId !== '' && request.origClOrdId !== '')
    violations.add('origClOrdId', Reason.FIELD_NOT_ALLOWED, 'origClOrdId must not be given together with orderId.');
  if (request.orderId !== '') violations.text('orderId', request.orderId, /^[0-9a-z]{24}$/, '24 characters of 0-9 a-z');
  else if (request.origClOrdId !== '') violations.id('origClOrdId', request.origClOrdId, ClOrdId);
}

/** Everything that is wrong with the form of a cancel-all. */
export function violationsOfCancelAll(request: CancelAllRequest): readonly FieldViolation[] {
  const violations = new Violations();
  violations.id('accountId', request.accountId, AccountId);
  violations.id('clOrdId', request.clOrdId, ClOrdId);
  if (request.clOrdId.length > cancelAllIdLengthMax)
    violations.add('clOrdId', Reason.OUT_OF_RANGE, `clOrdId of a cancel-all must have at most ${cancelAllIdLengthMax} characters.`);
  return violations.list;
}

/** Everything that is wrong with the form of an account. */
export function violationsOfPutAccount(request: PutAccountRequest): readonly FieldViolation[] {
  const violations = new Violations();
  violations.id('accountId', request.accountId, AccountId);
  violations.addIfAny(violationOfText('name', request.name));
  violations.text('baseCurrency', request.baseCurrency, currencyPattern, 'three capital letters (ISO 4217)');
  violations.id('riskGroupId', request.riskGroupId, RiskGroupId);
  request.routes.forEach((route, at) => {
    violations.id(`routes[${at}].brokerAccountId`, route.brokerAccountId, BrokerAccountId);
    violations.id(`routes[${at}].sessionId`, route.sessionId, SessionId);
  });
  return violations.list;
}

/** Everything that is wrong with the form of a cash adjustment. */
export function violationsOfAdjustCash(request: AdjustCashRequest): readonly FieldViolation[] {
  const violations = new Violations();
  violations.id('accountId', request.accountId, AccountId);
  violations.text('adjustmentId', request.adjustmentId, /^[\x21-\x7e]{1,64}$/, '1 to 64 printable ASCII characters without spaces');
  violations.text('currency', request.currency, currencyPattern, 'three capital letters (ISO 4217)');
  const amount = violations.decimal('amount', request.amount, amountMax);
  if (amount === 0n) violations.add('amount', Reason.OUT_OF_RANGE, 'amount must not be zero.');
  violations.addIfAny(violationOfReason(request.text));
  return violations.list;
}

/** Everything that is wrong with the form of a change of trading state. */
export function violationsOfSetTradingState(request: SetTradingStateRequest): readonly FieldViolation[] {
  const violations = new Violations();
  violations.id('accountId', request.accountId, AccountId);
  violations.enum('tradingState', request.tradingState, tradingStates, 'ACTIVE, REDUCE_ONLY, CANCEL_ONLY or HALTED');
  violations.addIfAny(violationOfReason(request.text));
  return violations.list;
}

/** Hash of a new order as the caller gave it, its decimals in canonical form: "10" and "10.0" are the same. Only for a request of good form. */
export function hashOfPlace({ content }: PlaceOrderRequest): Buffer {
  if (content === undefined) return sha256(['place']);
  const { instrument, side, ordType, timeInForce, product, orderQty, price, stopPx, displayQty, marketProtection } = content;
  const numbers = [orderQty, price, stopPx, displayQty, marketProtection].map(canonical);
  const { selfTradePrevention, postOnly, expireAtMs } = content;
  // Orders without these hash as they did before there were any: what was stored then is still recognised.
  const isPlain = selfTradePrevention === SelfTradePrevention.UNSPECIFIED && !postOnly && expireAtMs === 0;
  return sha256([
    'place',
    instrument,
    side,
    ordType,
    timeInForce,
    product,
    ...numbers,
    content.strategyId,
    content.algoId,
    content.sendBeforeMs,
    ...(isPlain ? [] : [selfTradePrevention, postOnly ? 1 : 0, expireAtMs]),
  ]);
}

/** The content as it is stored: with the instrument's id, and every decimal in its canonical form. */
export function storedContent(content: OrderContent, instrumentId: string): OrderContent {
  return {
    ...content,
    instrument: instrumentId,
    orderQty: canonical(content.orderQty) ?? '',
    price: canonical(content.price) ?? undefined,
    stopPx: canonical(content.stopPx) ?? undefined,
    displayQty: canonical(content.displayQty) ?? undefined,
    marketProtection: canonical(content.marketProtection) ?? undefined,
  };
}

/** Hash of a cancel. */
export function hashOfCancel({ orderId, origClOrdId }: CancelOrderRequest): Buffer {
  return sha256(['cancel', orderId, origClOrdId]);
}

/** Hash of one cancel of a cancel-all: it depends on nothing but being one, since a repeated cancel-all finds other orders open. */
export function hashOfCancelAll(): Buffer {
  return sha256(['cancel-all']);
}

/** Hash of a replace. */
export function hashOfReplace({ orderId, origClOrdId, orderQty, price, stopPx }: ReplaceOrderRequest): Buffer {
  return sha256(['replace', orderId, origClOrdId, canonical(orderQty), canonical(price), canonical(stopPx)]);
}

/** Hash of a cash adjustment. */
export function hashOfAdjustCash({ currency, amount, text }: Pick<AdjustCashRequest, 'currency' | 'amount' | 'text'>): Buffer {
  return sha256(['adjust', currency, canonical(amount), text]);
}

function canonical(decimal: string | undefined): string | null {
  if (decimal === undefined || decimal === '') return null;
  const parsed = parseDecimal(decimal);
  return parsed.ok ? formatDecimal(parsed.value) : decimal;
}

/** JSON of a flat array is one text for one content. */
function sha256(parts: readonly (string | number | null)[]): Buffer {
  // Not as a buffer, which would have memory of its own for as long as the request is remembered.
  return Buffer.from(hash('sha256', JSON.stringify(parts), 'binary'), 'latin1');
}
