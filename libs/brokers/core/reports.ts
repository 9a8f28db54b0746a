// Pure: what a session learned, as the report that the order's owner folds.
import { type Reason, RequestKind, Side } from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Execution, type SubmitOutcome } from '@switchyard/connectors-port';
import { asFreeText, assert, assertNever, Quantity } from '@switchyard/kernel';
import { type SessionTrade, type ShardReport } from './ports.js';
import { type BrokerRequest } from './request.js';

export type ReportCase = NonNullable<Report['report']>;

/** The report about a request, as its row says now. */
export function reportOf(
  request: BrokerRequest,
  report: ReportCase,
  facts: { readonly receivedAtMs: number; readonly process: string },
): ShardReport {
  const { command } = request;
  return {
    shard: request.shard,
    traceparent: command.traceparent,
    report: {
      accountId: command.accountId,
      orderId: command.orderId,
      brokerRequestId: request.brokerRequestId,
      kind: command.kind,
      sentAtMs: request.sentAtMs,
      receivedAtMs: facts.receivedAtMs,
      process: facts.process,
      brokerOrderId: request.brokerOrderId,
      sessionId: request.sessionId,
      placementId: command.placementId,
      report,
    },
  };
}

/** What an execution says about its order: the case of the report. `new` and `rejected` answer a request and are not in here. */
export function executionCase(execution: Exclude<Execution, { kind: 'new' | 'rejected' }>): ReportCase {
  switch (execution.kind) {
    case 'trade':
      return {
        $case: 'trade',
        value: {
          tradeId: execution.tradeId,
          lastQty: execution.lastQty,
          lastPx: execution.lastPx,
          tradedAtMs: execution.atMs,
          brokerAccountId: execution.brokerAccountId,
          liquidity: execution.liquidity,
          fees: [...execution.fees],
        },
      };
    case 'canceled':
      return { $case: 'canceled', value: { reason: execution.reason, text: asFreeText(execution.text) } };
    case 'expired':
      return { $case: 'expired', value: { reason: execution.reason, text: asFreeText(execution.text) } };
    case 'triggered':
      return { $case: 'triggered', value: { ordType: execution.ordType } };
    case 'restated': {
      const { ordType, orderQty, price, reason, text } = execution;
      return { $case: 'restated', value: { ordType, orderQty, price, reason, text: asFreeText(text) } };
    }
    case 'replaced':
      return { $case: 'replaced', value: { orderQty: execution.orderQty, price: execution.price, stopPx: execution.stopPx } };
    default:
      return assertNever(execution, 'execution');
  }
}

/** The trade as the session keeps it, for duplicates and for the proof of absence. */
export function sessionTrade(execution: Extract<Execution, { kind: 'trade' }>, order: BrokerRequest): SessionTrade {
  assert(order.command.kind === RequestKind.NEW, 'a trade belongs to the request that placed the order');
  const qty = Quantity(execution.lastQty);
  const side = order.command.content?.side;
  assert(side === Side.BUY || side === Side.SELL, 'an order that was sent has a side');
  return {
    brokerAccountId: execution.brokerAccountId,
    tradeId: execution.tradeId,
    instrumentId: execution.instrumentId,
    signedQty: side === Side.BUY ? qty : -qty,
  };
}

export const notSent = (reason: Reason, text: string): ReportCase => ({ $case: 'notSent', value: { reason, text: asFreeText(text) } });
export const refused = (reason: Reason, text: string): ReportCase => ({ $case: 'refused', value: { reason, text: asFreeText(text) } });
export const inDoubt = (text: string): ReportCase => ({ $case: 'inDoubt', value: { text: asFreeText(text) } });
export const accepted: ReportCase = { $case: 'accepted', value: {} };
export const doubtResolved = (text: string): ReportCase => ({ $case: 'doubtResolved', value: { text: asFreeText(text) } });

// A broker's words are not ours to refuse, but a NUL in them would stop the session, and a line break forge a line of a log.

/** What an outcome means for the request: its state, and what its owner is told. */
export function answerOf(outcome: SubmitOutcome): { state: RequestState; report: ReportCase; text: string; brokerOrderId?: string } {
  switch (outcome.kind) {
    case 'accepted':
      return { state: RequestState.ACCEPTED, report: accepted, text: '', brokerOrderId: outcome.brokerOrderId };
    case 'refused':
      return { state: RequestState.REFUSED, report: refused(outcome.reason, outcome.text), text: outcome.text };
    case 'not-sent':
      return { state: RequestState.NOT_SENT, report: notSent(outcome.reason, outcome.text), text: outcome.text };
    case 'in-doubt':
      return { state: RequestState.IN_DOUBT, report: inDoubt(outcome.text), text: outcome.text };
    default:
      return assertNever(outcome, 'outcome');
  }
}
