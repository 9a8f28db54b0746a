// A fact of an account as far as positions need it. Most facts of an order's life move no money, and each of them carries the whole order.
import { BinaryReader } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';

export interface AccountFact {
  readonly accountId: string;
  readonly accountSeq: number;
  /** The whole fact where it may move money: else it only moves the account's sequence. */
  readonly event: OrderEvent | undefined;
}

/** Fields of orders.v1.OrderEvent. */
const accountIdField = 1;
const accountSeqField = 2;
/** The facts that move no money: every one but `cash_adjusted` and `trade_booked`. One that this version does not know may move some. */
const withoutMoney: ReadonlySet<number> = new Set([10, 11, 12, 14, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 35]);

/** @throws where the bytes are no OrderEvent. */
export function readFact(payload: Buffer): AccountFact {
  const reader = new BinaryReader(payload);
  let accountId = '';
  let accountSeq = 0;
  let isWithoutMoney = false;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === accountIdField) accountId = reader.string();
    else if (field === accountSeqField) accountSeq = reader.int64();
    else reader.skip(tag);
    if (withoutMoney.has(field)) isWithoutMoney = true;
  }
  return { accountId, accountSeq, event: isWithoutMoney ? undefined : OrderEvent.decode(payload) };
}
