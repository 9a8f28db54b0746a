// @switchyard/matching-core/testing: tables of books, and short words for a venue.
export { answerTable, expectedTable } from './book-table.js';
export { command, INFY, openingMs, TCS, told, venueWithInstruments } from './venue-builder.js';
