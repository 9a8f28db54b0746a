// @switchyard/risk-core/testing: builders of facts and an in-memory market, for specs.
export { deskWith, outcomeOf } from './desk.js';
export { aCheck, aContent, anInstrument, aQuote, FactBook, MemoryMarket, testStartMs } from './facts.js';
