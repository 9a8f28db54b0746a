// @switchyard/positions-core: positions at average cost, P&L and a double-entry ledger, folded from the facts of an account.
export { AccountBook, type BookedTrade, type Folded } from './account-book.js';
export { canonicalAccount, canonicalPosting } from './canonical.js';
export { cashBook, postingsOfCash, postingsOfTrade, type Posting } from './ledger.js';
export { unrealisedPnlOf, type Mark } from './mark.js';
export {
  avgPxOf,
  cashFlowOf,
  chargedFor,
  foldTrade,
  netRealisedPnlOf,
  noPosition,
  openCostOf,
  positionKeyOf,
  readTrade,
  realisedPnlOf,
  tradeContentOf,
  tradeKeyOf,
  type Charge,
  type Position,
  type PositionKey,
  type ProductName,
  type Trade,
} from './position.js';
export { toPositionMessage } from './position-message.js';
export { readFact, type AccountFact } from './read-fact.js';
