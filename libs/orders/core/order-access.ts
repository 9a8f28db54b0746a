// Finding orders in memory or in their rows, taking their lanes, and appending one fact about one of them.
import { type CallError, type RequestKind } from '@switchyard/contracts';
import { type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { BrokerRequestId, tagOf } from '@switchyard/kernel';
import { orderUnknownError, outcomeUnknownError, requestOf, unavailableError } from './answers.js';
import { type Order } from './order.js';
import { type AccountOwnerOptions, type Caller } from './owner-options.js';
import { type Approval, type Refusal } from './ports.js';
import { attemptOf, type Attempt, type RequestOnce } from './request-once.js';
import { type OrderSlot, type ShardState } from './shard-state.js';
import { type ShardWriter } from './shard-writer.js';
import { type EventBody } from './transitions.js';

/** What a cancel or replace says about its order. */
export interface OrderName {
  readonly accountId: string;
  /** The request's own id. */
  readonly clOrdId: string;
  readonly orderId: string;
  readonly origClOrdId: string;
}

/** The field by which a request names its order. */
export function givenName({ orderId }: Pick<OrderName, 'orderId'>): 'orderId' | 'origClOrdId' {
  return orderId === '' ? 'origClOrdId' : 'orderId';
}

/** Ids of an order's next broker request. */
export function nextRequestOf({ orderId, requestsCount }: Order): { orderId: string; brokerRequestId: string; tag: string } {
  const brokerRequestId = `${orderId}.${requestsCount + 1}`;
  return { orderId, brokerRequestId, tag: tagOf(BrokerRequestId(brokerRequestId)) };
}

export class OrderAccess {
  readonly #ports: AccountOwnerOptions;
  readonly #state: ShardState;
  readonly #writer: ShardWriter;
  readonly #once: RequestOnce;
  #open = true;

  constructor(ports: AccountOwnerOptions, state: ShardState, writer: ShardWriter, once: RequestOnce) {
    this.#ports = ports;
    this.#state = state;
    this.#writer = writer;
    this.#once = once;
  }

  /** From here on nothing is appended or sent. */
  close(): void {
    this.#open = false;
  }

  /** The order that a cancel or replace names, or the error of the call. */
  async named(name: OrderName): Promise<OrderSlot | CallError> {
    const { accountId, clOrdId, orderId, origClOrdId } = name;
    if (orderId !== '') return (await this.find(accountId, orderId)) ?? orderUnknownError(givenName(name));
    const event = await this.#once.known(accountId, origClOrdId, clOrdId);
    const named = event === undefined ? undefined : requestOf(event);
    return (named && (await this.find(accountId, named.orderId))) ?? orderUnknownError(givenName(name));
  }

  /** An order of the account: at once when it is in memory, else from its row; undefined when there is none. Rejects with CallError. */
  find(accountId: string, orderId: string): OrderSlot | undefined | Promise<OrderSlot | undefined> {
    const slot = this.#state.order(orderId);
    if (slot === undefined) return this.#load(accountId, orderId);
    return slot.order.accountId === accountId ? slot : undefined;
  }

  async #load(accountId: string, orderId: string): Promise<OrderSlot | undefined> {
    if (this.#state.account(accountId) === undefined) return undefined;
    const order = await this.#ports.journal.findOrder(accountId, orderId).catch((error: unknown) => {
      throw unavailableError('The order could not be read: try again with the same id.', error);
    });
    const meanwhile = this.#state.order(orderId);
    if (meanwhile !== undefined || order === undefined) return meanwhile?.order.accountId === accountId ? meanwhile : undefined;
    return this.#state.adopt(order, this.#ports.clock.nowMs());
  }

  /** Runs the change of an order when it is its turn. */
  async inLane<T>({ lane }: OrderSlot, change: () => Promise<T>): Promise<T> {
    const turn = lane.acquire();
    if (turn !== undefined) await turn;
    try {
      return await change();
    } finally {
      lane.release();
    }
  }

  /** One fact, one change. An approval whose fact is provably not written is given back. */
  async append(accountId: string, body: EventBody, caller: Caller, slot?: OrderSlot, approval?: Approval): Promise<Attempt> {
    if (!this.#open) {
      approval?.abandon();
      throw outcomeUnknownError();
    }
    const draft = this.#writer.draft();
    draft.add({ accountId, body, traceparent: caller.traceparent, approval }, slot);
    const outcome = await this.#writer.append(draft);
    const isMaybeWritten = outcome.kind === 'committed' || (outcome.kind === 'lost' && outcome.maybeWritten);
    if (!isMaybeWritten) approval?.abandon();
    return attemptOf(outcome, draft);
  }

  /** Stores that a cancel or replace was refused. */
  deny(
    slot: OrderSlot,
    request: { readonly kind: RequestKind; readonly clOrdId: string; readonly hash: Buffer },
    refusal: Refusal,
    risk: RiskDecision | undefined,
    caller: Caller,
  ): Promise<Attempt> {
    const { kind, clOrdId, hash } = request;
    const { accountId, orderId } = slot.order;
    const value = { clOrdId, orderId, kind, ...refusal, risk, contentSha256: hash, actor: caller.actor };
    return this.append(accountId, { $case: 'requestDenied', value }, caller, slot);
  }

  /** Hands a command to the connector of the order's session; what is lost on the way is sent again after the next attach. */
  send({ placement }: Order, command: Command | undefined): void {
    if (command !== undefined && placement !== undefined && this.#open)
      this.#ports.dispatcher.send(this.#ports.shard, placement.sessionId, command);
  }
}
