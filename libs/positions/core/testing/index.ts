import { Liquidity, Product, Side } from '@switchyard/contracts';
import { type CashAdjusted } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';

/** Ten Infosys bought at 1500 as DELIVERY, but for what is given. */
export function aTrade(given: Partial<TradeBooked> = {}): TradeBooked {
  return {
    orderId: '7f000000000000000000000a',
    tradeId: 'T1',
    instrumentId: 'I000005',
    side: Side.BUY,
    product: Product.DELIVERY,
    brokerAccountId: 'PAPER-1',
    lastQty: '10',
    lastPx: '1500',
    tradedAtMs: 1_000,
    late: false,
    report: undefined,
    currency: 'INR',
    liquidity: Liquidity.UNSPECIFIED,
    fees: [],
    ...given,
  };
}

/** A thousand rupees paid in, but for what is given. */
export function aCash(given: Partial<CashAdjusted> = {}): CashAdjusted {
  return { adjustmentId: 'A1', currency: 'INR', amount: '1000', text: 'opening cash', actor: 'test', ...given };
}

/** A fact of account DEMO. */
export function aFact(accountSeq: number, event: OrderEvent['event'], given: Partial<OrderEvent> = {}): OrderEvent {
  return {
    accountId: 'DEMO',
    accountSeq,
    atMs: 1_767_600_000_000 + accountSeq,
    tradingDate: '2026-01-05',
    process: 'test',
    state: undefined,
    event,
    ...given,
  };
}

/** A trade as a fact. */
export function aTradeFact(accountSeq: number, given: Partial<TradeBooked> = {}, of: Partial<OrderEvent> = {}): OrderEvent {
  return aFact(accountSeq, { $case: 'tradeBooked', value: aTrade(given) }, of);
}

/** Cash as a fact. */
export function aCashFact(accountSeq: number, given: Partial<CashAdjusted> = {}, of: Partial<OrderEvent> = {}): OrderEvent {
  return aFact(accountSeq, { $case: 'cashAdjusted', value: aCash(given) }, of);
}
