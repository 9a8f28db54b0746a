// What was written ahead and may not leave any more, since that is too long ago: it is written ahead again, with a fresh instant (docs/adr/0021).
import { RequestKind } from '@switchyard/contracts';
import { type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerRequest } from './request.js';
import { type Lane } from './throttle.js';

/** A command on its way from its owner to the socket. */
export interface Waiting {
  readonly command: Command;
  readonly shard: number;
  readonly queuedAtMs: number;
  /** Of a cancel or replace: the broker's id of its order, as soon as that is known here; else empty. */
  targetBrokerOrderId: string;
  /** Its place among all that got a permit, from 1; 0 before. It keeps it when it goes back. */
  place: number;
  /** Its row, SENDING, once it has gone back: proven not to have left. */
  stored: BrokerRequest | undefined;
}

export const laneOf = (kind: RequestKind): Lane => (kind === RequestKind.CANCEL ? 'cancel' : 'order');

/** Orders and replaces of an account leave in the order of their places: behind one that goes back, all go back. A cancel may overtake. */
export class GoneBack {
  readonly #lanes: Readonly<Record<Lane, Waiting[]>> = { order: [], cancel: [] };
  /** By account, what was held back at the socket and has not left since. */
  readonly #heldBack = new Map<string, Set<Waiting>>();

  /** At the socket: it may not leave. From here on nothing behind it does, until it has left or ended. */
  holdBack(waiting: Waiting): void {
    const { accountId, kind } = waiting.command;
    if (laneOf(kind) === 'cancel') return;
    const ofAccount = this.#heldBack.get(accountId);
    if (ofAccount === undefined) this.#heldBack.set(accountId, new Set([waiting]));
    else ofAccount.add(waiting);
  }

  /** Whether something of its account that came before it was held back. */
  isBehind(waiting: Waiting): boolean {
    if (laneOf(waiting.command.kind) === 'cancel') return false;
    for (const { place } of this.#heldBack.get(waiting.command.accountId) ?? []) if (place < waiting.place) return true;
    return false;
  }

  /** It has left, or never will. */
  ended(waiting: Waiting): void {
    const { accountId } = waiting.command;
    const ofAccount = this.#heldBack.get(accountId);
    if (ofAccount?.delete(waiting) === true && ofAccount.size === 0) this.#heldBack.delete(accountId);
  }

  /** It waits to be written ahead again, at its place. @param stored its row as it is now. */
  wait(waiting: Waiting, stored: BrokerRequest): void {
    waiting.stored = stored;
    const lane = this.#lanes[laneOf(waiting.command.kind)];
    const at = lane.findLastIndex(({ place }) => place < waiting.place);
    lane.splice(at + 1, 0, waiting);
  }

  /** The first that waits: ahead of everything that was never written. */
  peek(lane: Lane): Waiting | undefined {
    return this.#lanes[lane][0];
  }

  shift(lane: Lane): void {
    this.#lanes[lane].shift();
  }

  /** The session is over: the next holder finds the rows SENDING. */
  close(): void {
    this.#lanes.order.length = 0;
    this.#lanes.cancel.length = 0;
    this.#heldBack.clear();
  }
}
