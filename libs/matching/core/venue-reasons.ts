// Why the engine refused or ended an order, in the platform's words.
import { Reason } from '@switchyard/contracts';
import { EngineReason } from './engine/index.js';
import { type Refusal } from './increments.js';

const none: Refusal = { reason: Reason.UNSPECIFIED, text: '' };
/** What the venue never lets through to the engine. */
const defect: Refusal = { reason: Reason.INTERNAL, text: 'the venue gave its engine a command that is none' };

/** By the engine's reason; those that refuse and end nothing, or only what was asked for, have none. */
export const refusals: Readonly<Record<EngineReason, Refusal>> = {
  [EngineReason.NONE]: none,
  [EngineReason.MALFORMED]: defect,
  [EngineReason.UNKNOWN_BOOK]: { reason: Reason.VENUE_INSTRUMENT_UNKNOWN, text: 'the venue does not trade the instrument' },
  [EngineReason.DUPLICATE_ORDER_ID]: defect,
  [EngineReason.UNKNOWN_ORDER]: { reason: Reason.VENUE_ORDER_UNKNOWN, text: 'the order is not open' },
  [EngineReason.INVALID_ORDER_ID]: defect,
  [EngineReason.INVALID_ACCOUNT]: { reason: Reason.VENUE_FULL, text: 'the venue holds as many broker accounts as it can' },
  [EngineReason.INVALID_QTY]: { reason: Reason.OUT_OF_RANGE, text: "the quantity is beyond the venue's limits" },
  [EngineReason.INVALID_PRICE]: { reason: Reason.FIELD_NOT_ALLOWED, text: 'orders of this type have no such price' },
  [EngineReason.INVALID_STOP_PRICE]: { reason: Reason.FIELD_NOT_ALLOWED, text: 'orders of this type have no such stop price' },
  [EngineReason.INVALID_DISPLAY_QTY]: {
    reason: Reason.FIELD_NOT_ALLOWED,
    text: 'only a LIMIT or STOP_LIMIT order that can rest has a displayed quantity',
  },
  [EngineReason.INVALID_TIME_IN_FORCE]: {
    reason: Reason.VENUE_NOT_SUPPORTED,
    text: 'the venue takes no order of this type for this time in force',
  },
  [EngineReason.INVALID_EXPIRY]: { reason: Reason.VENUE_GTD_EXPIRED, text: 'the time of the order has come already' },
  [EngineReason.INVALID_PROTECTION]: { reason: Reason.FIELD_NOT_ALLOWED, text: 'only a MARKET or STOP order has a market protection' },
  [EngineReason.INVALID_POST_ONLY]: {
    reason: Reason.FIELD_NOT_ALLOWED,
    text: 'only a LIMIT order for DAY, GTC or GTD is post-only',
  },
  [EngineReason.WRONG_PHASE]: { reason: Reason.VENUE_WRONG_PHASE, text: "the instrument's trading phase does not take it" },
  [EngineReason.OFF_BAND]: { reason: Reason.VENUE_OFF_BAND, text: "the price lies outside the instrument's band" },
  [EngineReason.ABOVE_FREEZE_QTY]: { reason: Reason.VENUE_ABOVE_FREEZE, text: "the quantity is above the instrument's freeze quantity" },
  [EngineReason.POST_ONLY_WOULD_TRADE]: { reason: Reason.VENUE_POST_ONLY, text: 'the post-only order would trade at once' },
  [EngineReason.BOOK_FULL]: { reason: Reason.VENUE_FULL, text: 'the venue holds as many orders as it can' },
  [EngineReason.REQUESTED]: none,
  [EngineReason.MASS_CANCEL]: { reason: Reason.VENUE_MASS_CANCEL, text: 'an operator canceled it with others' },
  [EngineReason.NO_LIQUIDITY]: { reason: Reason.VENUE_NO_LIQUIDITY, text: 'nobody is left to trade with' },
  [EngineReason.FOK_UNFILLABLE]: { reason: Reason.VENUE_FOK_UNFILLABLE, text: 'the order cannot be filled whole' },
  [EngineReason.PRICE_PROTECTION]: {
    reason: Reason.VENUE_PRICE_PROTECTION,
    text: 'what is left to trade with lies beyond the market protection',
  },
  [EngineReason.SELF_TRADE]: { reason: Reason.VENUE_SELF_TRADE, text: 'it would have traded with another order of its broker account' },
  [EngineReason.DAY_END]: { reason: Reason.VENUE_DAY_END, text: 'the trading day ended' },
  [EngineReason.GTD]: { reason: Reason.VENUE_GTD_EXPIRED, text: 'the time of the order has come' },
  [EngineReason.AUCTION_ENDED]: { reason: Reason.VENUE_AUCTION_ENDED, text: 'its auction ended without it' },
  [EngineReason.ICEBERG_REFRESH]: none,
  [EngineReason.MARKET_TO_LIMIT]: none,
  [EngineReason.AUCTION_PRICE]: none,
  [EngineReason.CLOSING_AUCTION]: none,
};
