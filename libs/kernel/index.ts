// @switchyard/kernel: the words that every other package is written in. It depends on nothing but Node itself.
export { assert, assertNever, InvariantError } from './assert.js';
export { err, ok, type Result } from './result.js';
export {
  AccountId,
  BrokerAccountId,
  BrokerOrderId,
  BrokerRequestId,
  ClOrdId,
  InstrumentId,
  InvalidIdError,
  OrderId,
  PlacementId,
  RiskGroupId,
  SessionId,
  StrategyId,
  Tag,
  TradeId,
  type IdType,
  type InvalidId,
} from './ids.js';
export {
  abs,
  averagePrice,
  formatDecimal,
  InvalidDecimalError,
  isMultipleOf,
  max,
  min,
  Money,
  mulDiv,
  Notional,
  notional,
  notionalToMoney,
  parseDecimal,
  Price,
  Quantity,
  type DecimalError,
  type DecimalErrorCode,
  type DecimalType,
  type Rounding,
} from './decimal.js';
export { asFreeText, freeTextLengthMax, parseFreeText, type FreeTextError } from './free-text.js';
export { systemClock, type Clock } from './clock.js';
export { Prng } from './prng.js';
export { newOrderId, shardHex, shardOf, shardOfOrderId, shardsCount } from './shard.js';
export { tagOf } from './tag.js';
export { Secret } from './secret.js';
export { Deferred } from './deferred.js';
export { RingQueue } from './ring-queue.js';
export { chainHashBytes, genesisHash, hashChain } from './hash-chain.js';
