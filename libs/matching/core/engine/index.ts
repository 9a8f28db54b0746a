// @switchyard/matching-core/engine: the matching engine in ticks, lots and words; no decimals, no venue.
export {
  accountMax,
  bookMax,
  BookSide,
  CommandType,
  commandWords,
  CommandWriter,
  extendedCommandWords,
  InForce,
  orderIdMax,
  OrderType,
  Phase,
  protectionBpsMax,
  SelfTrade,
  slicesMax,
  stepsMax,
  typeMask,
  wordsOfCommand,
  type BookRules,
  type NewOrderWords,
  type ReplaceWords,
} from './command.js';
export {
  EngineBrokenError,
  StateFormatError,
  type DepthLevel,
  type MatchingEngine,
  type OpenOrder,
  type ShownOrder,
  type WordSink,
} from './engine.js';
export { FastEngine } from './fast-engine.js';
export { ReferenceEngine } from './reference-engine.js';
export { EngineReason, readReport, ReportKind, reportWords, Role, type Report } from './report.js';
export { hasTooManySlices, readCommand, type DecodedCommand } from './rules.js';
export { stateHashOf, StateWords, stateVersion } from './state.js';
