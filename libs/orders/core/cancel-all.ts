// Cancel-all: one cancel for every open order of an account, in one change, each with the caller's id and a number.
import { CallError, Reason, RequestKind, StatusCode } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type CancelAllRequest, type CancelAllResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { cancelAnswer, requestOf, reusedError } from './answers.js';
import { hashOfCancelAll } from './content.js';
import { refusalOfCancel } from './decide.js';
import { cancelCommand } from './dispatch.js';
import { type Order } from './order.js';
import { nextRequestOf, type OrderAccess } from './order-access.js';
import { type Caller } from './owner-options.js';
import { attemptOf, type Attempt, type RequestOnce } from './request-once.js';
import { type ShardState } from './shard-state.js';
import { type ShardWriter } from './shard-writer.js';
import { type EventBody } from './transitions.js';

/** Nothing was open and nothing is stored: no error of a call. */
const nothingOpen = new CallError('No order is open.', { code: StatusCode.NOT_FOUND, reason: Reason.ORDER_UNKNOWN });

export class CancelAll {
  readonly #state: ShardState;
  readonly #writer: ShardWriter;
  readonly #once: RequestOnce;
  readonly #access: OrderAccess;

  constructor(state: ShardState, writer: ShardWriter, once: RequestOnce, access: OrderAccess) {
    this.#state = state;
    this.#writer = writer;
    this.#once = once;
    this.#access = access;
  }

  /** The same id again gives the answers of the first call, whatever is open now. */
  async run(request: CancelAllRequest, caller: Caller): Promise<CancelAllResponse> {
    const { accountId, clOrdId } = request;
    const hash = hashOfCancelAll();
    try {
      const first = { accountId, scope: 'clOrdId', requestId: `${clOrdId}-1`, hash } as const;
      const { replayed } = await this.#once.run(first, () => this.#attempt(request, caller, hash));
      const events = await this.#eventsOf(accountId, clOrdId);
      return { cancels: events.map((event) => cancelAnswer(event, replayed)) };
    } catch (error) {
      if (error === nothingOpen) return { cancels: [] };
      throw error;
    }
  }

  /** They were stored together, so the first number that is not there ends them. */
  async #eventsOf(accountId: string, clOrdId: string): Promise<OrderEvent[]> {
    const events: OrderEvent[] = [];
    for (;;) {
      const event = await this.#once.known(accountId, `${clOrdId}-${events.length + 1}`);
      if (event === undefined || !isOfCancelAll(event)) return events;
      events.push(event);
    }
  }

  async #attempt({ accountId, clOrdId }: CancelAllRequest, caller: Caller, hash: Buffer): Promise<Attempt> {
    const slots = this.#state.openOrders(accountId);
    if (slots.length === 0) return { kind: 'refused', error: nothingOpen };
    // All lanes in one fixed order, so that two cancel-alls can't wait for each other; nobody else waits for a lane while holding one.
    for (const { lane } of slots) await lane.acquire();
    try {
      const draft = this.#writer.draft();
      const { traceparent } = caller;
      const accepted = slots.filter(({ order }) => refusalOfCancel(order) === undefined);
      slots.forEach((slot, at) =>
        draft.add({ accountId, body: bodyOf(slot.order, `${clOrdId}-${at + 1}`, caller, hash), traceparent }, slot),
      );
      const attempt = attemptOf(await this.#writer.append(draft), draft);
      // Somebody used one of the numbers: unless it was this request itself, which the first number tells.
      if (attempt.kind === 'conflict') return { kind: 'refused', error: reusedError('clOrdId') };
      if (attempt.kind === 'stored') for (const { order } of accepted) this.#access.send(order, cancelCommand(order, traceparent));
      return attempt;
    } finally {
      for (const { lane } of slots) lane.release();
    }
  }
}

/** Somebody may have used the next number for a request of its own. */
function isOfCancelAll(event: OrderEvent): boolean {
  const request = requestOf(event);
  return request !== undefined && Buffer.compare(request.hash, hashOfCancelAll()) === 0;
}

function bodyOf(order: Order, clOrdId: string, { actor, receivedAtMs }: Caller, hash: Buffer): EventBody {
  const refusal = refusalOfCancel(order);
  if (refusal === undefined)
    return { $case: 'cancelRequested', value: { clOrdId, ...nextRequestOf(order), contentSha256: hash, actor, receivedAtMs } };
  const { orderId } = order;
  return {
    $case: 'requestDenied',
    value: { clOrdId, orderId, kind: RequestKind.CANCEL, ...refusal, risk: undefined, contentSha256: hash, actor },
  };
}
