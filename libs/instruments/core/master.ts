// The master: all instruments of a day, and what a new master changes in the one that is stored.
import { InstrumentStatus, type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { assert, formatDecimal, Price } from '@switchyard/kernel';
import { checkInstrument, listingOf, naturalKeyOf } from './instrument.js';

const indiaOffsetMs = 19_800_000; // +05:30, all year.

/** A master that must not be loaded: it contradicts itself or what is stored. Nothing was changed. */
export class MasterRefusedError extends Error {
  override readonly name = 'MasterRefusedError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the instrument master is refused:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** What a new master changes. */
export interface MasterDiff {
  /** Ids that were never stored. */
  readonly added: readonly Instrument[];
  /** Stored ones with other content, as they are now; those that the master no longer has are EXPIRED. */
  readonly changed: readonly Instrument[];
  readonly unchangedCount: number;
}

/** The date in India, "YYYY-MM-DD". */
export function masterDateOf(nowMs: number): string {
  return new Date(nowMs + indiaOffsetMs).toISOString().slice(0, 10);
}

/** Reads the table of `data/`: a line is `id exchange symbol series ISIN tick previous-close name`. Asserts its form: the table is ours. */
export function readMaster(table: string, masterDate: string): readonly Instrument[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [instrumentId = '', exchange = '', symbol = '', series = '', isin = '', tickSize = '', previousClose = '', ...name] =
        line.split(/ +/);
      return {
        instrumentId,
        exchange,
        mic: micOf(exchange),
        symbol,
        name: name.join(' '),
        isin,
        series,
        tickSize: canonical(tickSize),
        lotSize: '1',
        freezeQty: '',
        currency: 'INR',
        status: InstrumentStatus.ACTIVE,
        previousClose: canonical(previousClose),
        masterDate,
      };
    });
}

/**
 * Compares a master with what is stored. An id that is stored for another instrument is refused: ids are never reused. An instrument that the
 * master no longer has is kept as EXPIRED.
 * @throws MasterRefusedError with all problems.
 */
export function diffMaster(stored: readonly Instrument[], master: readonly Instrument[]): MasterDiff {
  const problems = master.flatMap((instrument) =>
    checkInstrument(instrument).map((problem) => `${instrument.instrumentId} ${problem.field}: ${problem.text}`),
  );
  problems.push(...repeated(master, 'id', (instrument) => instrument.instrumentId));
  problems.push(...repeated(master, 'listing', listingOf));
  problems.push(...repeated(master, 'market, ISIN and series', naturalKeyOf));

  const storedById = new Map(stored.map((instrument) => [instrument.instrumentId, instrument]));
  const storedByKey = new Map(stored.map((instrument) => [naturalKeyOf(instrument), instrument]));
  for (const instrument of master) {
    const sameId = storedById.get(instrument.instrumentId);
    if (sameId !== undefined && naturalKeyOf(sameId) !== naturalKeyOf(instrument)) {
      problems.push(`${instrument.instrumentId} is ${naturalKeyOf(sameId)} for ever and can't become ${naturalKeyOf(instrument)}`);
    }
    const sameKey = storedByKey.get(naturalKeyOf(instrument));
    if (sameKey !== undefined && sameKey.instrumentId !== instrument.instrumentId) {
      problems.push(`${naturalKeyOf(instrument)} is ${sameKey.instrumentId} and can't get a second id, ${instrument.instrumentId}`);
    }
  }
  if (problems.length > 0) throw new MasterRefusedError(problems);

  const added = master.filter((instrument) => !storedById.has(instrument.instrumentId));
  const updated = master.filter((instrument) => {
    const before = storedById.get(instrument.instrumentId);
    return before !== undefined && !sameInstrument(before, instrument);
  });
  const masterIds = new Set(master.map((instrument) => instrument.instrumentId));
  const gone = stored
    .filter((instrument) => !masterIds.has(instrument.instrumentId) && instrument.status !== InstrumentStatus.EXPIRED)
    .map((instrument) => ({ ...instrument, status: InstrumentStatus.EXPIRED }));
  return { added, changed: [...updated, ...gone], unchangedCount: master.length - added.length - updated.length };
}

/** Whether two records say the same; decimals are compared as they are written, in their canonical form. */
export function sameInstrument(a: Instrument, b: Instrument): boolean {
  return (Object.keys(a) as (keyof Instrument)[]).every((field) => a[field] === b[field]);
}

function repeated(master: readonly Instrument[], what: string, keyOf: (instrument: Instrument) => string): string[] {
  const seen = new Set<string>();
  return master.flatMap((instrument) => {
    const key = keyOf(instrument);
    if (seen.has(key)) return [`the ${what} ${key} is there twice`];
    seen.add(key);
    return [];
  });
}

/** The one way to write a decimal, so that texts can be compared. */
function canonical(text: string): string {
  return formatDecimal(Price(text));
}

function micOf(exchange: string): string {
  const mic = { NSE: 'XNSE', BSE: 'XBOM' }[exchange];
  assert(mic !== undefined, `the exchange ${exchange} of the table has a market identifier code`);
  return mic;
}
