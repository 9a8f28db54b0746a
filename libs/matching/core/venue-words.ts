// The words of the wire and those of the engine for the same things. What the venue does not know has none.
import { OrdType, SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { BookSide, InForce, OrderType, Phase, SelfTrade } from './engine/index.js';

export const bookSideOf: ReadonlyMap<Side, BookSide> = new Map([
  [Side.BUY, BookSide.BUY],
  [Side.SELL, BookSide.SELL],
]);

export const orderTypeOf: ReadonlyMap<OrdType, OrderType> = new Map<OrdType, OrderType>([
  [OrdType.LIMIT, OrderType.LIMIT],
  [OrdType.MARKET, OrderType.MARKET],
  [OrdType.STOP, OrderType.STOP],
  [OrdType.STOP_LIMIT, OrderType.STOP_LIMIT],
  [OrdType.MARKET_TO_LIMIT, OrderType.MARKET_TO_LIMIT],
]);

export const inForceOf: ReadonlyMap<TimeInForce, InForce> = new Map<TimeInForce, InForce>([
  [TimeInForce.DAY, InForce.DAY],
  [TimeInForce.GTC, InForce.GTC],
  [TimeInForce.GTD, InForce.GTD],
  [TimeInForce.IOC, InForce.IOC],
  [TimeInForce.FOK, InForce.FOK],
  [TimeInForce.AT_OPEN, InForce.AT_OPEN],
  [TimeInForce.AT_CLOSE, InForce.AT_CLOSE],
]);

/** The venue's own rule is to let an account trade with itself. */
export const selfTradeOf: ReadonlyMap<SelfTradePrevention, SelfTrade> = new Map<SelfTradePrevention, SelfTrade>([
  [SelfTradePrevention.UNSPECIFIED, SelfTrade.ALLOW],
  [SelfTradePrevention.CANCEL_NEWEST, SelfTrade.CANCEL_NEWEST],
  [SelfTradePrevention.CANCEL_OLDEST, SelfTrade.CANCEL_OLDEST],
  [SelfTradePrevention.CANCEL_BOTH, SelfTrade.CANCEL_BOTH],
  [SelfTradePrevention.DECREMENT, SelfTrade.DECREMENT],
]);

export const phaseOf: ReadonlyMap<TradingPhase, Phase> = new Map<TradingPhase, Phase>([
  [TradingPhase.CLOSED, Phase.CLOSED],
  [TradingPhase.PRE_OPEN, Phase.PRE_OPEN],
  [TradingPhase.OPENING_AUCTION, Phase.OPENING_AUCTION],
  [TradingPhase.CONTINUOUS, Phase.CONTINUOUS],
  [TradingPhase.CLOSING_AUCTION, Phase.CLOSING_AUCTION],
  [TradingPhase.HALT, Phase.HALT],
]);

/** By the engine's word. */
export const ordTypes: Readonly<Record<OrderType, OrdType>> = {
  [OrderType.LIMIT]: OrdType.LIMIT,
  [OrderType.MARKET]: OrdType.MARKET,
  [OrderType.STOP]: OrdType.STOP,
  [OrderType.STOP_LIMIT]: OrdType.STOP_LIMIT,
  [OrderType.MARKET_TO_LIMIT]: OrdType.MARKET_TO_LIMIT,
};

/** By the engine's word. */
export const tradingPhases: Readonly<Record<Phase, TradingPhase>> = {
  [Phase.CLOSED]: TradingPhase.CLOSED,
  [Phase.PRE_OPEN]: TradingPhase.PRE_OPEN,
  [Phase.OPENING_AUCTION]: TradingPhase.OPENING_AUCTION,
  [Phase.CONTINUOUS]: TradingPhase.CONTINUOUS,
  [Phase.CLOSING_AUCTION]: TradingPhase.CLOSING_AUCTION,
  [Phase.HALT]: TradingPhase.HALT,
};
