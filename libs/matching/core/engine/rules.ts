// What a command may say: pure checks of one decoded command against the format and the rules of its book.
import { assertNever } from '@switchyard/kernel';
import {
  accountMax,
  bookMax,
  commandWords,
  CommandType,
  extendedBit,
  inForceShift,
  InForce,
  orderTypeShift,
  OrderType,
  Phase,
  postOnlyBit,
  protectionBpsMax,
  SelfTrade,
  selfTradeShift,
  sideBit,
  slicesMax,
  stepsMax,
  threeBits,
  typeMask,
  undefinedBits,
  type BookRules,
  type BookSide,
} from './command.js';
import { EngineReason } from './report.js';

/** A command, read. Words keep their names from NEW; `value6` and `value7` mean what the command type says. */
export interface DecodedCommand {
  readonly word0: number;
  readonly type: number;
  readonly side: BookSide;
  readonly ordType: OrderType;
  readonly timeInForce: InForce;
  readonly selfTrade: SelfTrade;
  readonly postOnly: boolean;
  readonly book: number;
  readonly orderId: number;
  readonly price: number;
  readonly qty: number;
  readonly account: number;
  readonly value6: number;
  readonly value7: number;
  readonly stopPrice: number;
  readonly displayQty: number;
  /** Epoch seconds. */
  readonly expireAtSec: number;
  readonly protectionBps: number;
  /** All further words together; zero when each is. */
  readonly spare: number;
}

/** Reads the whole record that begins at word `at`. Nothing is checked yet: an enumeration may hold what it does not know. */
export function readCommand(words: Int32Array, at: number): DecodedCommand {
  const word = (offset: number): number => words[at + offset] as number;
  const word0 = word(0);
  const isExtended = (word0 & extendedBit) !== 0;
  const extra = (offset: number): number => (isExtended ? word(commandWords + offset) : 0);
  return {
    word0,
    type: word0 & typeMask,
    side: ((word0 & sideBit) === 0 ? 0 : 1) as BookSide,
    ordType: ((word0 >>> orderTypeShift) & threeBits) as OrderType,
    timeInForce: ((word0 >>> inForceShift) & threeBits) as InForce,
    selfTrade: ((word0 >>> selfTradeShift) & threeBits) as SelfTrade,
    postOnly: (word0 & postOnlyBit) !== 0,
    book: word(1),
    orderId: word(2),
    price: word(3),
    qty: word(4),
    account: word(5),
    value6: word(6),
    value7: word(7),
    stopPrice: extra(0),
    displayQty: extra(1),
    expireAtSec: extra(2) >>> 0,
    protectionBps: extra(3),
    spare: extra(4) | extra(5) | extra(6) | extra(7),
  };
}

/** Whether a command says only what its type can say: known enumeration values, and zero in every word and bit that it does not use. */
export function isWellFormed(command: DecodedCommand): boolean {
  if ((command.word0 & undefinedBits) !== 0 || command.spare !== 0) return false;
  if (command.type === CommandType.NEW) return isWellFormedNew(command);
  const bitsOfNew = command.word0 & ~typeMask & ~extendedBit;
  if (bitsOfNew !== 0 || command.displayQty !== 0 || command.expireAtSec !== 0 || command.protectionBps !== 0) return false;
  if (command.type === CommandType.REPLACE) return (command.account | command.value6 | command.value7) === 0;
  if (command.stopPrice !== 0) return false;
  return isWellFormedPlain(command);
}

function isWellFormedNew(command: DecodedCommand): boolean {
  const { ordType, timeInForce, selfTrade, value6, value7 } = command;
  const isKnown =
    ordType >= OrderType.LIMIT &&
    ordType <= OrderType.MARKET_TO_LIMIT &&
    timeInForce >= InForce.DAY &&
    timeInForce <= InForce.AT_CLOSE &&
    selfTrade <= SelfTrade.DECREMENT;
  return isKnown && value6 === 0 && value7 === 0;
}

function isWellFormedPlain(command: DecodedCommand): boolean {
  const { type, book, orderId, price, qty, account, value6, value7 } = command;
  switch (type as Exclude<CommandType, 1 | 3>) {
    case CommandType.CANCEL:
      return (price | qty | account | value6 | value7) === 0;
    case CommandType.MASS_CANCEL:
      return (orderId | price | qty | value7) === 0 && account >= -1 && account <= accountMax && value6 >= -1 && value6 <= 1;
    case CommandType.SET_PHASE:
      return (orderId | price | qty | account | value7) === 0 && value6 >= Phase.CLOSED && value6 <= Phase.HALT;
    case CommandType.LIST_BOOK:
      return (orderId | account) === 0 && book >= 0 && book <= bookMax && areBookRules(bookRulesOf(command));
    case CommandType.TIME:
      return (book | orderId | price | qty | account | value7) === 0;
    case CommandType.DAY_END:
      return (orderId | price | qty | account | value6 | value7) === 0;
    case CommandType.SET_ACCOUNT_GROUP:
      return (book | orderId | price | qty | value7) === 0 && account >= 0 && account <= accountMax && value6 >= 0;
    default:
      return false;
  }
}

/** The rules that a LIST_BOOK sets. */
export function bookRulesOf({ price, qty, value6, value7 }: DecodedCommand): BookRules {
  return { referencePrice: price, freezeQty: qty, bandLow: value6, bandHigh: value7 };
}

/** Whether each value is within its limits, and the band's bounds stand in order. */
export function areBookRules({ referencePrice, freezeQty, bandLow, bandHigh }: BookRules): boolean {
  const areInLimits = [referencePrice, freezeQty, bandLow, bandHigh].every((value) => value >= 0 && value <= stepsMax);
  return areInLimits && (bandHigh === 0 || bandLow <= bandHigh);
}

/** What an order says of itself, whatever its book and number. */
export type Terms = Pick<
  DecodedCommand,
  'ordType' | 'timeInForce' | 'account' | 'qty' | 'price' | 'stopPrice' | 'displayQty' | 'expireAtSec' | 'protectionBps' | 'postOnly'
>;

/** Why the terms of a well-formed NEW are no order, in the order of the reasons; whatever the book and its phase. */
export function refusalOfTerms(terms: Terms, clockSec: number): EngineReason {
  const { ordType, timeInForce, account, qty, price, stopPrice, displayQty, expireAtSec, protectionBps, postOnly } = terms;
  const hasProtection = ordType === OrderType.MARKET || ordType === OrderType.STOP;
  if (account < 0 || account > accountMax) return EngineReason.INVALID_ACCOUNT;
  if (!isSteps(qty)) return EngineReason.INVALID_QTY;
  if (!(hasLimitPrice(ordType) ? isSteps(price) : price === 0)) return EngineReason.INVALID_PRICE;
  if (!(isStop(ordType) ? isSteps(stopPrice) : stopPrice === 0)) return EngineReason.INVALID_STOP_PRICE;
  if (displayQty < 0 || (displayQty > 0 && (!hasLimitPrice(ordType) || isImmediate(timeInForce)))) return EngineReason.INVALID_DISPLAY_QTY;
  if (hasTooManySlices(qty, displayQty)) return EngineReason.INVALID_DISPLAY_QTY;
  if (!goesWith(ordType, timeInForce)) return EngineReason.INVALID_TIME_IN_FORCE;
  if (timeInForce === InForce.GTD ? expireAtSec <= clockSec : expireAtSec !== 0) return EngineReason.INVALID_EXPIRY;
  if (protectionBps < 0 || protectionBps > protectionBpsMax || (protectionBps > 0 && !hasProtection))
    return EngineReason.INVALID_PROTECTION;
  if (postOnly && !(ordType === OrderType.LIMIT && canRestLong(timeInForce))) return EngineReason.INVALID_POST_ONLY;
  return EngineReason.NONE;
}

/** Why an order with these terms may not stand in place of an open one. */
export function refusalOfNewTerms(
  { ordType, displayQty }: { readonly ordType: OrderType; readonly displayQty: number },
  { qty, price, stopPrice }: DecodedCommand,
): EngineReason {
  if (!isSteps(qty)) return EngineReason.INVALID_QTY;
  if (!(hasLimitPrice(ordType) ? isSteps(price) : price === 0)) return EngineReason.INVALID_PRICE;
  if (!(isStop(ordType) ? isSteps(stopPrice) : stopPrice === 0)) return EngineReason.INVALID_STOP_PRICE;
  return hasTooManySlices(qty, displayQty) ? EngineReason.INVALID_DISPLAY_QTY : EngineReason.NONE;
}

/** Whether an order shows too small a part of its quantity; a displayQty of 0 shows all. */
export function hasTooManySlices(qty: number, displayQty: number): boolean {
  return displayQty > 0 && displayQty * slicesMax < qty;
}

/** Why the book's rules refuse these prices or this quantity; a price of 0 is none. */
export function refusalByRules(
  rules: BookRules,
  { price, stopPrice, qty }: { price: number; stopPrice: number; qty: number },
): EngineReason {
  if (isOffBand(rules, price) || isOffBand(rules, stopPrice)) return EngineReason.OFF_BAND;
  return rules.freezeQty > 0 && qty > rules.freezeQty ? EngineReason.ABOVE_FREEZE_QTY : EngineReason.NONE;
}

/** Whether a book in this phase takes such a new order. */
export function takesNew(phase: Phase, { ordType, timeInForce, postOnly }: DecodedCommand): boolean {
  switch (phase) {
    case Phase.CONTINUOUS:
      return timeInForce !== InForce.AT_OPEN;
    case Phase.PRE_OPEN:
      return !postOnly && ordType !== OrderType.MARKET_TO_LIMIT && !isImmediate(timeInForce);
    case Phase.CLOSING_AUCTION:
      return !postOnly && ordType !== OrderType.MARKET_TO_LIMIT && !isImmediate(timeInForce) && timeInForce !== InForce.AT_OPEN;
    case Phase.CLOSED:
    case Phase.OPENING_AUCTION:
    case Phase.HALT:
      return false;
    default:
      return assertNever(phase, 'phase');
  }
}

/** Whether open orders of a book in this phase can be replaced. */
export function takesReplace(phase: Phase): boolean {
  return phase === Phase.PRE_OPEN || phase === Phase.CONTINUOUS || phase === Phase.CLOSING_AUCTION;
}

/** Whether this order type carries a limit price. */
export function hasLimitPrice(ordType: OrderType): boolean {
  return ordType === OrderType.LIMIT || ordType === OrderType.STOP_LIMIT;
}

/** Whether this order type waits for a stop price. */
export function isStop(ordType: OrderType): boolean {
  return ordType === OrderType.STOP || ordType === OrderType.STOP_LIMIT;
}

/** Whether such an order never rests. */
export function isImmediate(timeInForce: InForce): boolean {
  return timeInForce === InForce.IOC || timeInForce === InForce.FOK;
}

/** A price or a quantity within an engine's limits. */
export function isSteps(value: number): boolean {
  return value >= 1 && value <= stepsMax;
}

function canRestLong(timeInForce: InForce): boolean {
  return timeInForce === InForce.DAY || timeInForce === InForce.GTC || timeInForce === InForce.GTD;
}

function goesWith(ordType: OrderType, timeInForce: InForce): boolean {
  const isForAuction = timeInForce === InForce.AT_OPEN || timeInForce === InForce.AT_CLOSE;
  switch (ordType) {
    case OrderType.LIMIT:
      return true;
    case OrderType.MARKET:
      return timeInForce !== InForce.GTC && timeInForce !== InForce.GTD;
    case OrderType.STOP:
    case OrderType.STOP_LIMIT:
      return canRestLong(timeInForce);
    case OrderType.MARKET_TO_LIMIT:
      return !isForAuction;
    default:
      return assertNever(ordType, 'ordType');
  }
}

function isOffBand({ bandLow, bandHigh }: BookRules, price: number): boolean {
  return price !== 0 && (price < bandLow || (bandHigh > 0 && price > bandHigh));
}
