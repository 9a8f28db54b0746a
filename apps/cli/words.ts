/** Words of the command line ↔ enums of the contracts. */
import { OrdStatus, OrdType, Product, Reason, Side, TimeInForce, TradingState } from '@switchyard/contracts';
import { InvalidArgumentError } from 'commander';

/** The choices of an enum as people write them, without what is never sent. */
export function wordsOf(values: object): string[] {
  return Object.keys(values).filter((name) => Number.isNaN(Number(name)) && name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
}

function parser<T>(values: object): (text: string) => T {
  return (text) => {
    const word = text.toUpperCase().replaceAll('-', '_');
    if (!wordsOf(values).includes(word)) throw new InvalidArgumentError(`choose one of ${wordsOf(values).join(', ').toLowerCase()}`);
    return (values as Record<string, T>)[word] as T;
  };
}

export const parseSide = parser<Side>(Side);
export const parseTimeInForce = parser<TimeInForce>(TimeInForce);
export const parseProduct = parser<Product>(Product);
export const parseOrdStatus = parser<OrdStatus>(OrdStatus);

export const sideWord = (side: Side) => Side[side] ?? 'UNRECOGNIZED';
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
