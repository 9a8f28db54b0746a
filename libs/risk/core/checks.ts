// The rules that every new order and every replace passes before it is accepted, in the order in which they are judged: the first one that fails is the answer.
// Cancels are never judged. Ids are those of the project's reference on pre-trade risk; a rule that is missing here comes with the issue that deepens risk.
import { OrdType, Reason, RequestKind, Side, TradingState } from '@switchyard/contracts';
import { InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { abs, formatDecimal, isMultipleOf, mulDiv, type Price } from '@switchyard/kernel';
import { type AccountExposure } from './exposure.js';
import { type HaltBook } from './halt-book.js';
import { type MarketQuote, type TradableInstrument, weekdaysBetween } from './market.js';
import { type EffectiveLimits, type Profile } from './profiles.js';
import { hundredPercent, type ProposedOrder, takesMarketPrice } from './proposed-order.js';
import { type RateWindow } from './rate-window.js';
import { type Totals, type Worst } from './totals.js';

/** An account or a risk group with its limits: what is counted over many orders is counted in both. */
export interface Scope {
  readonly name: 'account' | 'risk group';
  readonly limits: EffectiveLimits;
  readonly totals: Totals;
  readonly commands: RateWindow;
  readonly cancels: RateWindow;
}

/** Everything that a decision is made of; no rule looks anything up elsewhere. */
export interface CheckContext {
  readonly nowMs: number;
  readonly kind: RequestKind.NEW | RequestKind.REPLACE;
  readonly order: ProposedOrder;
  readonly accountId: string;
  /** The broker's code. */
  readonly broker: string;
  /** Brokers whose endpoints belong to this environment. */
  readonly brokersOfEnvironment: ReadonlySet<string>;
  readonly environment: string;
  readonly profile: Profile;
  readonly halts: HaltBook;
  /** Undefined: risk has never heard of the account. */
  readonly account: AccountExposure | undefined;
  /** The account, and its risk group where that has limits. */
  readonly scopes: readonly Scope[];
  readonly instrument: TradableInstrument | undefined;
  readonly quote: MarketQuote | undefined;
  /** Last price, else the middle, else the previous close; undefined where there is none at all. */
  readonly referencePx: Price | undefined;
  /** What the order's quantity is valued at; undefined for a MARKET or MARKET_TO_LIMIT order without a reference price. */
  readonly valuePx: Price | undefined;
  /** What the request adds to open quantity and value at worst; for a replace that is the worst of old and new less the old. */
  readonly added: Worst;
  /** Filled by the rules: name of the check → what it saw, as "value limit". */
  readonly inputs: Record<string, string>;
}

/** Why a rule fails. */
export interface Failure {
  /** A sentence with the value and the limit. */
  readonly text: string;
  /** Path in the request of what it concerns: `content.price`; empty where nothing of the request is to blame. */
  readonly field: string;
}

/** A rule. */
export interface RiskCheck {
  readonly id: number;
  readonly name: string;
  readonly reason: Reason;
  /** Undefined: it passes. */
  readonly judge: (c: CheckContext) => Failure | undefined;
}

/** Quantities that an exchange, broker or officer gave are compared as scaled bigints; a limit itself is still allowed. */
export const riskChecks: readonly RiskCheck[] = [
  { id: 1, name: 'KILL_SWITCH', reason: Reason.KILL_SWITCH, judge: killSwitch },
  { id: 2, name: 'ENV_ISOLATION', reason: Reason.ENV_ISOLATION, judge: envIsolation },
  { id: 3, name: 'TRADING_STATE', reason: Reason.TRADING_STATE, judge: tradingState },
  { id: 5, name: 'INSTRUMENT_TRADABLE', reason: Reason.INSTRUMENT_NOT_TRADABLE, judge: instrumentTradable },
  { id: 8, name: 'LOT', reason: Reason.QUANTITY_OFF_LOT, judge: lot },
  { id: 8, name: 'TICK', reason: Reason.PRICE_OFF_TICK, judge: tick },
  { id: 8, name: 'FREEZE', reason: Reason.QUANTITY_ABOVE_FREEZE, judge: freeze },
  { id: 9, name: 'MAX_ORDER_QTY', reason: Reason.QUANTITY_EXCEEDS_MAXIMUM, judge: maxOrderQty },
  { id: 10, name: 'MAX_ORDER_VALUE', reason: Reason.VALUE_EXCEEDS_MAXIMUM, judge: maxOrderValue },
  { id: 12, name: 'PRICE_COLLAR', reason: Reason.PRICE_COLLAR, judge: priceCollar },
  { id: 15, name: 'STALE_DATA', reason: Reason.STALE_DATA, judge: staleData },
  { id: 17, name: 'ORDER_RATE', reason: Reason.ORDER_RATE, judge: orderRate },
  { id: 19, name: 'CUM_OPEN_VALUE', reason: Reason.OPEN_VALUE_EXCEEDS_MAXIMUM, judge: openValue },
  { id: 20, name: 'MAX_POSITION', reason: Reason.POSITION_EXCEEDS_MAXIMUM, judge: maxPosition },
];

/** The first rule that fails, or undefined when the order may go. */
export function firstFailure(c: CheckContext): { readonly check: RiskCheck; readonly failure: Failure } | undefined {
  for (const check of riskChecks) {
    const failure = check.judge(c);
    if (failure !== undefined) return { check, failure };
  }
  return undefined;
}

function killSwitch(c: CheckContext): Failure | undefined {
  const halt = c.halts.covering({
    accountId: c.accountId,
    broker: c.broker,
    strategyId: c.order.strategyId,
    instrumentId: c.order.instrumentId,
  });
  c.inputs.KILL_SWITCH = `${halt?.haltId ?? 'none'} none`;
  return halt && { text: `halt ${halt.haltId} is in force${halt.key === '' ? '' : ` for ${halt.key}`}: ${halt.text}`, field: '' };
}

function envIsolation(c: CheckContext): Failure | undefined {
  c.inputs.ENV_ISOLATION = `${c.broker} ${c.environment}`;
  if (c.brokersOfEnvironment.has(c.broker)) return undefined;
  return { text: `broker ${c.broker} does not belong to the environment ${c.environment}`, field: '' };
}

function tradingState(c: CheckContext): Failure | undefined {
  const state = c.account?.tradingState;
  c.inputs.TRADING_STATE = `${state === undefined ? 'unknown' : TradingState[state]} ACTIVE`;
  if (state === TradingState.ACTIVE) return undefined;
  if (state === TradingState.REDUCE_ONLY && reducesPosition(c)) return undefined;
  if (state === TradingState.REDUCE_ONLY)
    return {
      text: 'the account is REDUCE_ONLY, and with its open orders filled this one would open or add to a position',
      field: 'content.orderQty',
    };
  return {
    text: state === undefined ? 'risk does not know the account' : `the account is ${TradingState[state]}: only cancels are taken`,
    field: 'accountId',
  };
}

/** Whether the position shrinks and does not turn even if every open order on this side fills, and none on the other. */
function reducesPosition(c: CheckContext): boolean {
  const totals = c.account?.totals.instrument(c.order.instrumentId);
  if (totals === undefined) return false;
  return c.order.side === Side.BUY
    ? totals.position + totals.openBuyQty + c.added.qty <= 0n
    : totals.position - totals.openSellQty - c.added.qty >= 0n;
}

function instrumentTradable(c: CheckContext): Failure | undefined {
  const { instrument, profile } = c;
  const field = 'content.instrument';
  if (instrument === undefined) {
    c.inputs.INSTRUMENT_TRADABLE = 'unknown ACTIVE';
    return { text: `risk does not know the instrument ${c.order.instrumentId}, or its master is malformed`, field };
  }
  c.inputs.INSTRUMENT_TRADABLE = `${InstrumentStatus[instrument.status]} ACTIVE`;
  if (instrument.status !== InstrumentStatus.ACTIVE) return { text: `the instrument is ${InstrumentStatus[instrument.status]}`, field };
  const { masterAgeMaxWeekdays } = profile;
  if (masterAgeMaxWeekdays === undefined) return undefined;
  if (instrument.masterAtMs === undefined) return { text: 'the instrument has no master date', field };
  const age = weekdaysBetween(instrument.masterAtMs, c.nowMs);
  c.inputs.MASTER_AGE_WEEKDAYS = `${age} ${masterAgeMaxWeekdays}`;
  return age > masterAgeMaxWeekdays
    ? { text: `the instrument's master is ${age} weekdays old, the limit is ${masterAgeMaxWeekdays}`, field }
    : undefined;
}

function lot(c: CheckContext): Failure | undefined {
  const { lotSize } = c.instrument!; // Check 5 has refused an unknown instrument.
  const { orderQty, displayQty } = c.order;
  const text = formatDecimal(lotSize);
  c.inputs.LOT = `${formatDecimal(orderQty)} ${text}`;
  if (!isMultipleOf(orderQty, lotSize))
    return { text: `order quantity ${formatDecimal(orderQty)} is not a multiple of the lot ${text}`, field: 'content.orderQty' };
  if (displayQty === undefined) return undefined;
  // A replace leaves the displayed quantity as it is: with less left than that, all is shown.
  if (displayQty > orderQty && c.kind === RequestKind.NEW)
    return {
      text: `displayed quantity ${formatDecimal(displayQty)} is above the order quantity ${formatDecimal(orderQty)}`,
      field: 'content.displayQty',
    };
  return isMultipleOf(displayQty, lotSize)
    ? undefined
    : { text: `displayed quantity ${formatDecimal(displayQty)} is not a multiple of the lot ${text}`, field: 'content.displayQty' };
}

function tick(c: CheckContext): Failure | undefined {
  const { tickSize } = c.instrument!;
  const { price, stopPx } = c.order;
  if (price === undefined && stopPx === undefined) return undefined;
  const text = formatDecimal(tickSize);
  c.inputs.TICK = `${formatDecimal(price ?? stopPx!)} ${text}`;
  if (price !== undefined && !isMultipleOf(price, tickSize))
    return { text: `price ${formatDecimal(price)} is not a multiple of the tick ${text}`, field: 'content.price' };
  if (stopPx === undefined || isMultipleOf(stopPx, tickSize)) return undefined;
  return { text: `stop price ${formatDecimal(stopPx)} is not a multiple of the tick ${text}`, field: 'content.stopPx' };
}

function freeze(c: CheckContext): Failure | undefined {
  const { freezeQty } = c.instrument!;
  if (freezeQty === undefined) return undefined;
  const { orderQty } = c.order;
  c.inputs.FREEZE = `${formatDecimal(orderQty)} ${formatDecimal(freezeQty)}`;
  if (orderQty <= freezeQty) return undefined;
  return {
    text: `order quantity ${formatDecimal(orderQty)} is above the exchange's freeze quantity ${formatDecimal(freezeQty)}`,
    field: 'content.orderQty',
  };
}

function maxOrderQty(c: CheckContext): Failure | undefined {
  for (const scope of c.scopes) {
    const limit = scope.limits.orderQtyMax;
    if (limit === undefined) continue;
    const value = formatDecimal(c.order.orderQty);
    saw(c, 'MAX_ORDER_QTY', scope, value, formatDecimal(limit));
    if (c.order.orderQty > limit)
      return {
        text: `order quantity ${value} is above the ${scope.name}'s limit of ${formatDecimal(limit)} for one order`,
        field: 'content.orderQty',
      };
  }
  return undefined;
}

function maxOrderValue(c: CheckContext): Failure | undefined {
  if (c.valuePx === undefined) return undefined; // Nobody can say what it is worth: check 15 refuses it.
  const value = c.order.orderQty * c.valuePx;
  for (const scope of c.scopes) {
    const limit = scope.limits.orderValueMax;
    if (limit === undefined) continue;
    saw(c, 'MAX_ORDER_VALUE', scope, money(value), formatDecimal(limit));
    if (value > limit * one)
      return {
        text: `order value ${money(value)} is above the ${scope.name}'s limit of ${formatDecimal(limit)} for one order`,
        field: 'content.orderQty',
      };
  }
  return undefined;
}

/** The distance of the price from the market; a stop order's from its own stop price, which is where the market will be when it works. */
function priceCollar(c: CheckContext): Failure | undefined {
  const { price, stopPx, ordType, protectionPercent } = c.order;
  const stopFailure = stopCollar(c);
  if (stopFailure !== undefined) return stopFailure;
  if (ordType === OrdType.MARKET_TO_LIMIT) return undefined; // It trades at the best price on offer and at no other.
  const from = stopPx ?? c.referencePx;
  if (from === undefined) return undefined; // No reference at all: check 15 refuses it.
  const field = price === undefined ? 'content.marketProtection' : 'content.price';
  const distance = price === undefined ? 0n : abs(price - from) * hundredPercent;
  for (const scope of c.scopes) {
    const collar = scope.limits.priceCollarPercent;
    if (collar === undefined) continue;
    const percent = price === undefined ? protectionPercent : mulDiv(distance, 1n, from, 'half-even');
    saw(c, 'PRICE_COLLAR', scope, formatDecimal(percent), formatDecimal(collar));
    const isBeyond = price === undefined ? protectionPercent > collar : distance > collar * from;
    if (!isBeyond) continue;
    const what =
      price === undefined
        ? `market protection of ${formatDecimal(percent)} %`
        : `price ${formatDecimal(price)} is ${formatDecimal(percent)} % from ${formatDecimal(from)}: that`;
    return { text: `${OrdType[ordType]} order: ${what} is beyond the ${scope.name}'s collar of ${formatDecimal(collar)} %`, field };
  }
  return undefined;
}

/** How far from the market an order may lie in wait: a stop beyond it is a slip of the hand. */
function stopCollar(c: CheckContext): Failure | undefined {
  const { stopPx, ordType } = c.order;
  const { referencePx } = c;
  // What was triggered lies in wait no more; without any reference check 15 refuses it.
  if (stopPx === undefined || referencePx === undefined || takesMarketPrice(ordType)) return undefined;
  const distance = abs(stopPx - referencePx) * hundredPercent;
  for (const scope of c.scopes) {
    const collar = scope.limits.stopCollarPercent;
    if (collar === undefined) continue;
    const percent = formatDecimal(mulDiv(distance, 1n, referencePx, 'half-even'));
    saw(c, 'STOP_COLLAR', scope, percent, formatDecimal(collar));
    if (distance > collar * referencePx)
      return {
        text: `${OrdType[ordType]} order: stop price ${formatDecimal(stopPx)} is ${percent} % from ${formatDecimal(referencePx)}: that is beyond the ${scope.name}'s stop collar of ${formatDecimal(collar)} %`,
        field: 'content.stopPx',
      };
  }
  return undefined;
}

function staleData(c: CheckContext): Failure | undefined {
  const ageMs = c.quote === undefined ? undefined : Math.max(0, c.nowMs - c.quote.atMs);
  const limitMs = quoteAgeMaxMs(c.scopes);
  c.inputs.STALE_DATA = `${ageMs ?? 'none'} ${limitMs}`;
  const field = 'content.instrument';
  if (c.referencePx === undefined || c.valuePx === undefined)
    return { text: 'the instrument has no quote and no previous close: there is nothing to judge the price by', field };
  if (ageMs !== undefined && ageMs <= limitMs) return undefined;
  const what = ageMs === undefined ? 'there is no quote' : `the quote is ${ageMs} ms old, the limit is ${limitMs} ms`;
  const { ordType } = c.order;
  if (takesMarketPrice(ordType)) return { text: `${what}: a ${OrdType[ordType]} order needs a fresh one`, field };
  return c.profile.limitOnStaleQuote
    ? undefined
    : { text: `${what}, and the profile ${c.profile.name} takes no order without a fresh one`, field };
}

/** The oldest quote that counts for an order: the tightest limit of its scopes, in milliseconds. */
export function quoteAgeMaxMs(scopes: readonly Scope[]): number {
  let ageMs = Number.MAX_SAFE_INTEGER;
  for (const { limits } of scopes) ageMs = Math.min(ageMs, limits.quoteAgeMaxMs ?? Number.MAX_SAFE_INTEGER);
  return ageMs;
}

/** A fifth of the rate is the cancels' own: only cancels beyond it take room from orders, and no cancel is ever refused here. */
function orderRate(c: CheckContext): Failure | undefined {
  for (const scope of c.scopes) {
    const limit = scope.limits.commandsPerSecondMax;
    if (limit === undefined) continue;
    const cancels = Math.max(0, scope.cancels.countAt(c.nowMs) - Math.floor(limit / 5));
    const commands = scope.commands.countAt(c.nowMs) + cancels + 1;
    saw(c, 'ORDER_RATE', scope, String(commands), String(limit));
    if (commands > limit)
      return { text: `this would be command ${commands} of the ${scope.name} in one second, the limit is ${limit}`, field: '' };
  }
  return undefined;
}

function openValue(c: CheckContext): Failure | undefined {
  for (const scope of c.scopes) {
    const limit = scope.limits.openValueMax;
    if (limit === undefined) continue;
    const value = scope.totals.openValue + c.added.value;
    saw(c, 'CUM_OPEN_VALUE', scope, money(value), formatDecimal(limit));
    // A replace that adds nothing is let through even above a limit that was lowered meanwhile.
    if (value > limit * one && c.added.value > 0n) {
      return {
        text: `the ${scope.name}'s open orders would be worth ${money(value)}, the limit is ${formatDecimal(limit)}`,
        field: 'content.orderQty',
      };
    }
  }
  return undefined;
}

/** The position if every open order on the order's own side fills and none on the other: only that side can get worse by it. */
function maxPosition(c: CheckContext): Failure | undefined {
  for (const scope of c.scopes) {
    const limit = scope.limits.positionQtyMax;
    if (limit === undefined) continue;
    const { position, openBuyQty, openSellQty } = scope.totals.instrument(c.order.instrumentId);
    const isBuy = c.order.side === Side.BUY;
    const worst = isBuy ? position + openBuyQty + c.added.qty : position - openSellQty - c.added.qty;
    saw(c, 'MAX_POSITION', scope, formatDecimal(worst), formatDecimal(limit));
    if ((isBuy ? worst > limit : -worst > limit) && c.added.qty > 0n) {
      return {
        text: `the ${scope.name}'s position could become ${formatDecimal(worst)}, the limit is ${formatDecimal(limit)}`,
        field: 'content.orderQty',
      };
    }
  }
  return undefined;
}

const one = 1_000_000_000n;

function saw(c: CheckContext, name: string, scope: Scope, value: string, limit: string): void {
  c.inputs[scope.name === 'account' ? name : `${name}_GROUP`] = `${value} ${limit}`;
}

/** An exact value (scaled 1e18) in words, rounded up so that what is above a limit never reads as equal to it. */
function money(value: bigint): string {
  return formatDecimal(mulDiv(value, 1n, one, 'up'));
}
