// @switchyard/instruments-core: what an instrument is, the master that a day begins with, and the book in which names are looked up.
export { indianEquities } from './data/indian-equities.js';
export { checkInstrument, isIsin, listingOf, naturalKeyOf, type InstrumentProblem } from './instrument.js';
export { InstrumentBook, type InstrumentRefusal } from './instrument-book.js';
export { diffMaster, masterDateOf, MasterRefusedError, readMaster, sameInstrument, type MasterDiff } from './master.js';
