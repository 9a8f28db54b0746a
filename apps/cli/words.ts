/** Words of the command line ↔ enums of the contracts. */
import { OrdStatus, OrdType, Product, Reason, SelfTradePrevention, Side, TimeInForce, TradingState } from '@switchyard/contracts';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { InvalidArgumentError } from 'commander';

/** The choices of an enum as people write them, without what is never sent. */
export function wordsOf(values: object): string[] {
  return Object.keys(values).filter((name) => Number.isNaN(Number(name)) && name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
}

/** The same in one line, as they are typed: "day, gtc, at-open". */
export function choicesOf(values: object): string {
  return wordsOf(values).join(', ').toLowerCase().replaceAll('_', '-');
}

function parser<T>(values: object): (text: string) => T {
  return (text) => {
    const word = text.toUpperCase().replaceAll('-', '_');
    if (!wordsOf(values).includes(word)) throw new InvalidArgumentError(`choose one of ${choicesOf(values)}`);
    return (values as Record<string, T>)[word] as T;
  };
}

export const parseSide = parser<Side>(Side);
export const parseOrdType = parser<OrdType>(OrdType);
export const parseTimeInForce = parser<TimeInForce>(TimeInForce);
export const parseSelfTradePrevention = parser<SelfTradePrevention>(SelfTradePrevention);
export const parseProduct = parser<Product>(Product);
export const parseOrdStatus = parser<OrdStatus>(OrdStatus);
export const parseTradingPhase = parser<TradingPhase>(TradingPhase);

/** Reads a whole number within bounds. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) throw new InvalidArgumentError(`a whole number from ${from} to ${to}`);
    return value;
  };
}

/** An instant as people write it, "2026-11-27T15:30:00+05:30", as milliseconds since 1970. Its offset must be said: a time without one would mean the machine's. */
export function parseInstant(text: string): number {
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const atMs = isWhole ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('write it like 2026-11-27T15:30:00+05:30, with its offset');
  return atMs;
}

export const sideWord = (side: Side) => Side[side] ?? 'UNRECOGNIZED';
export const timeInForceWord = (time: TimeInForce) => TimeInForce[time] ?? 'UNRECOGNIZED';
export const selfTradePreventionWord = (way: SelfTradePrevention) => SelfTradePrevention[way] ?? 'UNRECOGNIZED';
export const ordTypeWord = (type: OrdType) => OrdType[type] ?? 'UNRECOGNIZED';
export const statusWord = (status: OrdStatus) => OrdStatus[status] ?? 'UNRECOGNIZED';
export const reasonWord = (reason: Reason) => (reason === Reason.UNSPECIFIED ? '' : (Reason[reason] ?? 'UNRECOGNIZED'));
export const tradingStateWord = (state: TradingState) => TradingState[state] ?? 'UNRECOGNIZED';

/** True where nothing more can happen to an order without new evidence. */
export function isFinal(status: OrdStatus): boolean {
  return [OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED, OrdStatus.DENIED].includes(status);
}

/** True while the broker has not answered the newest request. */
export function isPending(status: OrdStatus): boolean {
  return [OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_REPLACE].includes(status);
}
