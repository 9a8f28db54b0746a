// Short words for the specs of an owner: what a caller, a broker and a reader of the journal do with account DEMO.
import { CallError, OrdStatus, Reason, RequestKind, type OrderContent, type TradingState } from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import {
  type CancelOrderResponse,
  type PlaceOrderResponse,
  type ReplaceOrderRequest,
  type ReplaceOrderResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { assert } from '@switchyard/kernel';
import { aCaller, aPlace, aReplace, aReport, aTrade, demoAccountId, startMs } from './builders.js';
import { type OwnerHarness } from './harness.js';

const accountId = demoAccountId;

/** What a call rejects with: always a CallError. */
export async function errorOf(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(error instanceof CallError, 'the call rejects with a CallError');
  return error;
}

/** Drives the harness of the test that runs now. */
export class OwnerDriver {
  readonly #harness: () => OwnerHarness;

  constructor(harness: () => OwnerHarness) {
    this.#harness = harness;
  }

  readonly place = (clOrdId = 'A-1', partial: Partial<OrderContent> = {}): Promise<PlaceOrderResponse> =>
    this.#harness().owner.place(aPlace(clOrdId, partial), aCaller());

  readonly cancel = (orderId: string, clOrdId = 'C-1'): Promise<CancelOrderResponse> =>
    this.#harness().owner.cancel({ accountId, clOrdId, orderId, origClOrdId: '' }, aCaller());

  readonly replace = (orderId: string, clOrdId = 'R-1', partial: Partial<ReplaceOrderRequest> = {}): Promise<ReplaceOrderResponse> =>
    this.#harness().owner.replace(aReplace(clOrdId, orderId, partial), aCaller());

  readonly setState = (tradingState: TradingState): Promise<unknown> =>
    this.#harness().owner.setTradingState({ accountId, tradingState, text: 'test' }, aCaller());

  /** The kinds of events in the journal. */
  readonly stored = (): string[] =>
    this.#harness()
      .tables.events()
      .map(({ event }) => event?.$case ?? '');

  /** What was dispatched, as "KIND .number". */
  readonly sent = (): string[] =>
    this.#harness().dispatcher.sent.map(({ command }) => `${RequestKind[command.kind]} ${command.brokerRequestId.slice(24)}`);

  /** The connector reports, and everything comes to rest. */
  readonly report = async (orderId: string, body: NonNullable<Report['report']>, partial: Partial<Report> = {}): Promise<void> => {
    const harness = this.#harness();
    harness.owner.takeReports('paper-1', [harness.connector.add(aReport({ orderId, accountId }, body, partial))]);
    await harness.rest();
  };

  readonly confirm = (orderId: string): Promise<void> =>
    this.report(orderId, { $case: 'accepted', value: {} }, { brokerOrderId: `B-${orderId.slice(-4)}` });

  readonly trade = (orderId: string, lastQty: string, tradeId = `T-${this.#harness().connector.rows.length}`): Promise<void> =>
    this.report(orderId, aTrade({ tradeId, lastQty, tradedAtMs: startMs }));

  readonly placed = async (clOrdId = 'A-1', partial: Partial<OrderContent> = {}): Promise<string> => {
    const { order } = await this.place(clOrdId, partial);
    assert(order !== undefined && order.reason === Reason.UNSPECIFIED, 'the order was accepted');
    return order.orderId;
  };

  readonly working = async (clOrdId = 'A-1', partial: Partial<OrderContent> = {}): Promise<string> => {
    const orderId = await this.placed(clOrdId, partial);
    await this.confirm(orderId);
    return orderId;
  };

  /** OrdStatus by the journal's last event of the order. */
  readonly statusOf = (orderId: string): string | undefined => {
    const state = this.#harness()
      .tables.events()
      .findLast((event) => event.state?.orderId === orderId)?.state;
    return state && OrdStatus[state.ordStatus];
  };
}
