// What a command may say, checked word by word: the fast engine's own reading of the rules, without an object for the command.
import {
  accountMax,
  bookMax,
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
} from './command.js';
import { tagBits } from './fast-layout.js';
import { EngineReason } from './report.js';

/** Words of the extension, counted from the command's first. */
export const stopWord = 8;
export const displayWord = 9;
export const expireWord = 10;
export const protectionWord = 11;

/** A word of the extension; 0 without one. */
export function extra(words: Int32Array, at: number, offset: number): number {
  return (words[at]! & extendedBit) === 0 ? 0 : words[at + offset]!;
}

/** The tag of the order that a NEW describes. */
export function tagOfNew(words: Int32Array, at: number): number {
  const head = words[at]!;
  const postOnly = (head & postOnlyBit) === 0 ? 0 : tagBits.POST_ONLY;
  const attributes = ((head & sideBit) === 0 ? 0 : tagBits.SELL) | (((head >>> orderTypeShift) & 0x1ff) << tagBits.TYPE_SHIFT);
  return attributes | postOnly | (words[at + 5]! << tagBits.ACCOUNT_SHIFT);
}

/** Whether words [from, to) of a command are all zero; those of an extension that it does not have are. */
function areZero(words: Int32Array, at: number, from: number, to: number): boolean {
  const end = (words[at]! & extendedBit) === 0 ? Math.min(to, stopWord) : to;
  let any = 0;
  for (let offset = from; offset < end; offset++) any |= words[at + offset]!;
  return any === 0;
}

export function isWellFormedNew(words: Int32Array, at: number): boolean {
  const head = words[at]!;
  const ordType = (head >>> orderTypeShift) & threeBits;
  const inForce = (head >>> inForceShift) & threeBits;
  const selfTrade = (head >>> selfTradeShift) & threeBits;
  const isKnown =
    ordType >= OrderType.LIMIT && ordType <= OrderType.MARKET_TO_LIMIT && inForce >= InForce.DAY && selfTrade <= SelfTrade.DECREMENT;
  return isKnown && (head & undefinedBits) === 0 && areZero(words, at, 6, 8) && areZero(words, at, protectionWord + 1, 16);
}

/** Whether a CANCEL or a REPLACE says only what it can. */
export function isWellFormedChange(words: Int32Array, at: number): boolean {
  const type = words[at]! & typeMask;
  if ((words[at]! & ~(typeMask | extendedBit)) !== 0) return false;
  return type === CommandType.CANCEL ? areZero(words, at, 3, 16) : areZero(words, at, 5, 8) && areZero(words, at, displayWord, 16);
}

/** Whether an administrative command says only what it can. */
export function isWellFormedAdmin(words: Int32Array, at: number): boolean {
  const type = words[at]! & typeMask;
  if ((words[at]! & ~(typeMask | extendedBit)) !== 0 || !areZero(words, at, stopWord, 16)) return false;
  const isZero = (from: number, to: number): boolean => areZero(words, at, from, to);
  const account = words[at + 5]!;
  const value6 = words[at + 6]!;
  switch (type) {
    case CommandType.MASS_CANCEL:
      return isZero(2, 5) && isZero(7, 8) && account >= -1 && account <= accountMax && value6 >= -1 && value6 <= 1;
    case CommandType.SET_PHASE:
      return isZero(2, 6) && isZero(7, 8) && value6 >= Phase.CLOSED && value6 <= Phase.HALT;
    case CommandType.LIST_BOOK:
      return isZero(2, 3) && isZero(5, 6) && areRules(words, at);
    case CommandType.TIME:
      return isZero(1, 6) && isZero(7, 8);
    case CommandType.DAY_END:
      return isZero(2, 8);
    case CommandType.SET_ACCOUNT_GROUP:
      return isZero(1, 5) && isZero(7, 8) && account >= 0 && account <= accountMax && value6 >= 0;
    default:
      return false;
  }
}

function areRules(words: Int32Array, at: number): boolean {
  const book = words[at + 1]!;
  if (book < 0 || book > bookMax) return false;
  for (const offset of [3, 4, 6, 7]) if (words[at + offset]! < 0 || words[at + offset]! > stepsMax) return false;
  const low = words[at + 6]!;
  const high = words[at + 7]!;
  return high === 0 || low <= high;
}

/** Why the terms of a well-formed NEW are no order, in the order of the reasons. */
export function refusalOfNew(words: Int32Array, at: number, clockSec: number): EngineReason {
  const head = words[at]!;
  const ordType = (head >>> orderTypeShift) & threeBits;
  const inForce = (head >>> inForceShift) & threeBits;
  const account = words[at + 5]!;
  if (account < 0 || account > accountMax) return EngineReason.INVALID_ACCOUNT;
  const refused = refusalOfTerms(words, at, ordType);
  if (refused !== EngineReason.NONE) return refused;
  const displayQty = extra(words, at, displayWord);
  const isLimit = ordType === OrderType.LIMIT || ordType === OrderType.STOP_LIMIT;
  const isImmediate = inForce === InForce.IOC || inForce === InForce.FOK;
  if (displayQty < 0 || (displayQty > 0 && (!isLimit || isImmediate))) return EngineReason.INVALID_DISPLAY_QTY;
  if (hasTooManySlices(words[at + 4]!, displayQty)) return EngineReason.INVALID_DISPLAY_QTY;
  if (!goesWith(ordType, inForce)) return EngineReason.INVALID_TIME_IN_FORCE;
  const expireAt = extra(words, at, expireWord) >>> 0;
  if (inForce === InForce.GTD ? expireAt <= clockSec : expireAt !== 0) return EngineReason.INVALID_EXPIRY;
  const protection = extra(words, at, protectionWord);
  const hasProtection = ordType === OrderType.MARKET || ordType === OrderType.STOP;
  if (protection < 0 || protection > protectionBpsMax || (protection > 0 && !hasProtection)) return EngineReason.INVALID_PROTECTION;
  const canBePassive = ordType === OrderType.LIMIT && inForce <= InForce.GTD;
  return (head & postOnlyBit) === 0 || canBePassive ? EngineReason.NONE : EngineReason.INVALID_POST_ONLY;
}

/** Why an order of this type cannot have the quantity and the prices of a NEW or a REPLACE. */
export function refusalOfTerms(words: Int32Array, at: number, ordType: number): EngineReason {
  const price = words[at + 3]!;
  const stopPrice = extra(words, at, stopWord);
  const isStop = ordType === OrderType.STOP || ordType === OrderType.STOP_LIMIT;
  const isLimit = ordType === OrderType.LIMIT || ordType === OrderType.STOP_LIMIT;
  if (!isSteps(words[at + 4]!)) return EngineReason.INVALID_QTY;
  if (!(isLimit ? isSteps(price) : price === 0)) return EngineReason.INVALID_PRICE;
  return (isStop ? isSteps(stopPrice) : stopPrice === 0) ? EngineReason.NONE : EngineReason.INVALID_STOP_PRICE;
}

/** Whether an order shows too small a part of its quantity; a displayQty of 0 shows all. */
export function hasTooManySlices(qty: number, displayQty: number): boolean {
  return displayQty > 0 && displayQty * slicesMax < qty;
}

function isSteps(value: number): boolean {
  return value >= 1 && value <= stepsMax;
}

/** Which time in force an order type can have: one bit each. */
const immediate = (1 << InForce.IOC) | (1 << InForce.FOK);
const day = 1 << InForce.DAY;
const forLong = day | (1 << InForce.GTC) | (1 << InForce.GTD);
const forAuctions = (1 << InForce.AT_OPEN) | (1 << InForce.AT_CLOSE);
const inForceByType = [0, forLong | immediate | forAuctions, day | immediate | forAuctions, forLong, forLong, forLong | immediate];

function goesWith(ordType: number, inForce: number): boolean {
  return ((inForceByType[ordType]! >>> inForce) & 1) === 1;
}

const all = forLong | immediate | forAuctions;
const inForceByPhase = {
  [Phase.CLOSED]: 0,
  [Phase.PRE_OPEN]: forLong | forAuctions,
  [Phase.OPENING_AUCTION]: 0,
  [Phase.CONTINUOUS]: all & ~(1 << InForce.AT_OPEN),
  [Phase.CLOSING_AUCTION]: forLong | (1 << InForce.AT_CLOSE),
  [Phase.HALT]: 0,
} as const;

/** Whether a book in this phase takes the order of a NEW. */
export function takesNew(phase: Phase, words: Int32Array, at: number): boolean {
  const head = words[at]!;
  if (((inForceByPhase[phase] >>> ((head >>> inForceShift) & threeBits)) & 1) === 0) return false;
  const isMarketToLimit = ((head >>> orderTypeShift) & threeBits) === OrderType.MARKET_TO_LIMIT;
  return phase === Phase.CONTINUOUS || !(isMarketToLimit || (head & postOnlyBit) !== 0);
}

/** Whether open orders of a book in this phase can be replaced. */
export function takesReplace(phase: Phase): boolean {
  return phase === Phase.PRE_OPEN || phase === Phase.CONTINUOUS || phase === Phase.CLOSING_AUCTION;
}
