/** The hash of the trades that a workload makes (matching-workload.md 1), by which books with other reports are known to trade alike. */
import { reportWords, ReportKind, Role } from '@switchyard/matching-core/engine';

export const tradesHashStart = 0x811c9dc5;

export function mixTrade(hash: number, makerId: number, takerId: number, price: number, qty: number): number {
  return [makerId, takerId, price, qty].reduce((mixed, word) => Math.imul(mixed ^ word, 16_777_619), hash);
}

/** Mixes the trades among the reports into the hash: the maker's report comes right before the taker's. */
export function hashTrades(hash: number, reports: Int32Array, length: number): number {
  let mixed = hash;
  for (let at = 0; at < length; at += reportWords) {
    const head = reports[at] as number;
    if ((head & 0xff) !== ReportKind.TRADE || ((head >>> 17) & 3) !== Role.MAKER) continue;
    const [, , makerId = 0, price = 0, qty = 0] = reports.subarray(at, at + 5);
    mixed = mixTrade(mixed, makerId, reports[at + reportWords + 2] as number, price, qty);
  }
  return mixed;
}
