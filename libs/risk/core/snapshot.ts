// A shard's exposure as bytes: the same state always gives the same bytes. Reservations are not in it: they belong to a stream, which a snapshot outlives.
import { Side } from '@switchyard/contracts';
import { type AccountSnapshot, type OpenOrderSnapshot, ShardSnapshot } from '@switchyard/contracts/gen/risk/v1/snapshot';
import { formatDecimal, Price, Quantity } from '@switchyard/kernel';
import { type AccountExposure, CannotFoldError, Exposure, type Working } from './exposure.js';

/** Writes the exposure after the fact `seq`. */
export function encodeSnapshot(exposure: Exposure, seq: number, nowMs: number): Uint8Array {
  const orders = new Map<string, OpenOrderSnapshot[]>();
  for (const order of exposure.orders()) {
    if (order.working === undefined) continue;
    const ofAccount = orders.get(order.account.accountId) ?? [];
    ofAccount.push(openOrder(order.orderId, order.instrumentId, order.side, order.working));
    orders.set(order.account.accountId, ofAccount);
  }
  const accounts = [...exposure.accounts()].map((account): AccountSnapshot => ({
    accountId: account.accountId,
    riskGroupId: account.group.riskGroupId,
    tradingState: account.tradingState,
    positions: positionsOf(account),
    orders: (orders.get(account.accountId) ?? []).sort((a, b) => byText(a.orderId, b.orderId)),
    commandsAtMs: account.commands.instants(nowMs),
    cancelsAtMs: account.cancels.instants(nowMs),
  }));
  return ShardSnapshot.encode({ seq, accounts: accounts.sort((a, b) => byText(a.accountId, b.accountId)) }).finish();
}

/**
 * Reads what `encodeSnapshot` wrote.
 * @throws CannotFoldError, InvalidDecimalError or the decoder's error where the bytes are not a snapshot; the shard is then rebuilt from the journal's beginning.
 */
export function decodeSnapshot(bytes: Uint8Array): { exposure: Exposure; seq: number } {
  const snapshot = ShardSnapshot.decode(bytes);
  const exposure = new Exposure();
  for (const stored of snapshot.accounts) {
    const account = exposure.open(stored.accountId, stored.riskGroupId, stored.tradingState);
    for (const { instrumentId, qty } of stored.positions) {
      for (const { totals } of [account, account.group]) totals.addTrade(instrumentId, Side.BUY, Quantity(qty));
    }
    for (const order of stored.orders) {
      if (order.side !== Side.BUY && order.side !== Side.SELL) throw new CannotFoldError(`order ${order.orderId} of a snapshot has a side`);
      exposure.restore(order.orderId, account, order.instrumentId, order.side, {
        leavesQty: Quantity(order.leavesQty),
        cumQty: Quantity(order.cumQty),
        valuePx: Price(order.valuePrice),
        referencePx: order.referencePrice === '' ? undefined : Price(order.referencePrice),
      });
    }
    for (const { commands, cancels } of [account, account.group]) {
      for (const atMs of stored.commandsAtMs) commands.record(atMs);
      for (const atMs of stored.cancelsAtMs) cancels.record(atMs);
    }
  }
  return { exposure, seq: snapshot.seq };
}

function openOrder(orderId: string, instrumentId: string, side: Side, working: Working): OpenOrderSnapshot {
  return {
    orderId,
    instrumentId,
    side,
    leavesQty: formatDecimal(working.leavesQty),
    cumQty: formatDecimal(working.cumQty),
    valuePrice: formatDecimal(working.valuePx),
    referencePrice: working.referencePx === undefined ? '' : formatDecimal(working.referencePx),
  };
}

function positionsOf(account: AccountExposure): { instrumentId: string; qty: string }[] {
  return [...account.totals.instruments()]
    .filter(([, totals]) => totals.position !== 0n)
    .map(([instrumentId, totals]) => ({ instrumentId, qty: formatDecimal(totals.position) }))
    .sort((a, b) => byText(a.instrumentId, b.instrumentId));
}

/** By code unit: `localeCompare` would differ from machine to machine. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
