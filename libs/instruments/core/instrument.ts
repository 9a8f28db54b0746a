// What an instrument must be like. Instruments are the generated messages; whoever computes with their decimals parses them.
import { Reason } from '@switchyard/contracts';
import { InstrumentStatus, type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { InstrumentId, isMultipleOf, Price, Quantity } from '@switchyard/kernel';

/** A rule that an instrument breaks. */
export interface InstrumentProblem {
  readonly field: keyof Instrument;
  readonly reason: Reason;
  /** A sentence. */
  readonly text: string;
}

/** What makes two records the same instrument, whatever it is called today: market, ISIN and series. */
export function naturalKeyOf(instrument: Instrument): string {
  return `${instrument.mic}/${instrument.isin}/${instrument.series}`;
}

/** What people call it: `NSE:INFY`. */
export function listingOf(instrument: Instrument): string {
  return `${instrument.exchange}:${instrument.symbol}`;
}

/** Every rule that the instrument breaks by itself; none when it may enter a book. */
export function checkInstrument(instrument: Instrument): readonly InstrumentProblem[] {
  const problems: InstrumentProblem[] = [];
  const refuse = (field: keyof Instrument, reason: Reason, text: string): void => void problems.push({ field, reason, text });

  const id = InstrumentId.parse(instrument.instrumentId);
  if (!id.ok) refuse('instrumentId', Reason.FIELD_MALFORMED, `instrumentId must be ${id.error.rule}`);
  for (const field of ['exchange', 'mic', 'symbol', 'name', 'series'] as const) {
    if (instrument[field].trim() === '') refuse(field, Reason.FIELD_REQUIRED, `${field} is given`);
  }
  if (instrument.exchange.includes(':') || instrument.symbol.includes(':'))
    refuse('symbol', Reason.FIELD_MALFORMED, 'exchange and symbol have no colon, which separates them');
  if (!isIsin(instrument.isin))
    refuse('isin', Reason.FIELD_MALFORMED, `isin ${instrument.isin} is two letters, nine letters or digits, and the right check digit`);
  if (!/^[A-Z]{3}$/.test(instrument.currency)) refuse('currency', Reason.FIELD_MALFORMED, 'currency is three capital letters (ISO 4217)');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(instrument.masterDate)) refuse('masterDate', Reason.FIELD_MALFORMED, 'masterDate is YYYY-MM-DD');
  if (
    instrument.status !== InstrumentStatus.ACTIVE &&
    instrument.status !== InstrumentStatus.SUSPENDED &&
    instrument.status !== InstrumentStatus.EXPIRED
  ) {
    refuse('status', Reason.ENUM_UNKNOWN, 'status is ACTIVE, SUSPENDED or EXPIRED');
  }
  const tickSize = positive(instrument, 'tickSize', refuse);
  positive(instrument, 'lotSize', refuse);
  if (instrument.freezeQty !== '') positive(instrument, 'freezeQty', refuse);
  const previousClose = positive(instrument, 'previousClose', refuse);
  if (tickSize !== undefined && previousClose !== undefined && !isMultipleOf(previousClose, tickSize)) {
    refuse(
      'previousClose',
      Reason.PRICE_OFF_TICK,
      `previousClose ${instrument.previousClose} is a multiple of the tick ${instrument.tickSize}`,
    );
  }
  return problems;
}

/** Whether a text is an ISIN whose check digit is right (ISO 6166: letters become two digits, then Luhn). */
export function isIsin(text: string): boolean {
  if (!/^[A-Z]{2}[A-Z0-9]{9}[0-9]$/.test(text)) return false;
  const digits = [...text].map((character) => Number.parseInt(character, 36)).join('');
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const weighted = at % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

function positive(
  instrument: Instrument,
  field: 'tickSize' | 'lotSize' | 'freezeQty' | 'previousClose',
  refuse: (field: keyof Instrument, reason: Reason, text: string) => void,
): bigint | undefined {
  const parsed = field === 'tickSize' || field === 'previousClose' ? Price.parse(instrument[field]) : Quantity.parse(instrument[field]);
  if (!parsed.ok) refuse(field, Reason.FIELD_MALFORMED, `${field}: ${parsed.error.rule}`);
  else if (parsed.value <= 0n) refuse(field, Reason.NOT_POSITIVE, `${field} is greater than zero`);
  else return parsed.value;
  return undefined;
}
