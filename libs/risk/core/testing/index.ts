// @switchyard/risk-core/testing: builders of facts and of a market, for specs.
export { deskWith, outcomeOf } from './desk.js';
export { aCheck, aContent, aMarket, anInstrument, aQuote, FactBook, testStartMs } from './facts.js';
