// Cancel-all: one cancel for every open order of an account, in one change with the fact of the cancel-all itself, each with the caller's id and a number.
import { RequestKind } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type CancelAllRequest, type CancelAllResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { cancelAnswer, reusedError } from './answers.js';
import { hashOfCancelAll } from './content.js';
import { refusalOfCancel } from './decide.js';
import { cancelCommand } from './dispatch.js';
import { type Order } from './order.js';
import { assert } from '@switchyard/kernel';
import { nextRequestOf, type OrderAccess } from './order-access.js';
import { type Caller } from './owner-options.js';
import { attemptOf, type Attempt, type RequestOnce } from './request-once.js';
import { type ShardState } from './shard-state.js';
import { type ShardWriter } from './shard-writer.js';
import { type EventBody } from './transitions.js';

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
    const key = { accountId, scope: 'clOrdId', requestId: clOrdId, hash: hashOfCancelAll() } as const;
    const { event, replayed } = await this.#once.run(key, () => this.#attempt(request, caller, key.hash));
    // One of the cancels of a cancel-all has the hash of it too.
    if (event.event?.$case !== 'cancelAllRequested') throw reusedError('clOrdId');
    const cancels: OrderEvent[] = [];
    while (cancels.length < event.event.value.cancelsCount) {
      const cancel = await this.#once.known(accountId, `${clOrdId}-${cancels.length + 1}`);
      assert(cancel !== undefined, 'the cancels of a cancel-all are stored with it');
      cancels.push(cancel);
    }
    return { cancels: cancels.map((cancel) => cancelAnswer(cancel, replayed)), replayed };
  }

  async #attempt({ accountId, clOrdId }: CancelAllRequest, caller: Caller, hash: Buffer): Promise<Attempt> {
    const slots = this.#state.openOrders(accountId);
    // All lanes in one fixed order, so that two cancel-alls can't wait for each other; nobody else waits for a lane while holding one.
    for (const { lane } of slots) await lane.acquire();
    try {
      const draft = this.#writer.draft();
      const { traceparent, actor, receivedAtMs, receivedBy } = caller;
      const value = { clOrdId, cancelsCount: slots.length, contentSha256: hash, actor, receivedAtMs, receivedBy };
      draft.add({ accountId, body: { $case: 'cancelAllRequested', value }, traceparent });
      const accepted = slots.filter(({ order }) => refusalOfCancel(order) === undefined);
      slots.forEach((slot, at) =>
        draft.add({ accountId, body: bodyOf(slot.order, `${clOrdId}-${at + 1}`, caller, hash), traceparent }, slot),
      );
      const attempt = attemptOf(await this.#writer.append(draft), draft);
      // Somebody used one of the numbers: unless it was this request itself, which the id tells.
      if (attempt.kind === 'conflict') return { kind: 'refused', error: reusedError('clOrdId') };
      if (attempt.kind === 'stored') for (const { order } of accepted) this.#access.send(order, cancelCommand(order, traceparent));
      return attempt;
    } finally {
      for (const { lane } of slots) lane.release();
    }
  }
}

function bodyOf(order: Order, clOrdId: string, { actor, receivedAtMs, receivedBy }: Caller, hash: Buffer): EventBody {
  const refusal = refusalOfCancel(order);
  if (refusal === undefined)
    return { $case: 'cancelRequested', value: { clOrdId, ...nextRequestOf(order), contentSha256: hash, actor, receivedAtMs, receivedBy } };
  const { orderId } = order;
  return {
    $case: 'requestDenied',
    value: { clOrdId, orderId, kind: RequestKind.CANCEL, ...refusal, risk: undefined, contentSha256: hash, actor },
  };
}
