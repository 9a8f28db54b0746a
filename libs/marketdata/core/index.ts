// @switchyard/marketdata-core: the simulated market.
export { QuoteBoard } from './quote-board.js';
export { bandPercent, levelsPerSide, nextQuote, simulatedSource, toQuoted, type QuotedInstrument } from './simulated-feed.js';
