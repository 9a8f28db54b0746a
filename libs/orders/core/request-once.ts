// Idempotency: one request id is answered once, whoever asks how often. Memory first, then what is under way, then the journal's table; and no refusal
// that is not stored leaves before the table was asked.
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { assert, assertNever } from '@switchyard/kernel';
import { outcomeUnknownError, refusedByJournalError, requestOf, reusedError, riskUnavailableError, unavailableError } from './answers.js';
import { type AppendOutcome, type OrderJournal, type RequestScope } from './ports.js';
import { type ShardState } from './shard-state.js';
import { type Draft } from './shard-writer.js';

/** `stored`: the event is committed. `refused`: nothing was stored. `conflict`: nothing was stored, since the table holds the id already. */
export type Attempt =
  | { readonly kind: 'stored'; readonly event: OrderEvent }
  | { readonly kind: 'refused'; readonly error: CallError }
  | { readonly kind: 'conflict' };

export interface RequestKey {
  readonly accountId: string;
  readonly scope: RequestScope;
  readonly requestId: string;
  readonly hash: Uint8Array;
}

/** The event that answers, and whether it had been stored for an earlier call. */
export interface Answered {
  readonly event: OrderEvent;
  readonly replayed: boolean;
}

export class RequestOnce {
  readonly #state: ShardState;
  readonly #journal: OrderJournal;
  /** Requests under way. */
  readonly #underWay = new Map<string, Promise<Answered>>();
  /** Of requests under way that name another one, and wait for it: which. */
  readonly #waitsFor = new Map<string, string>();

  constructor(state: ShardState, journal: OrderJournal) {
    this.#state = state;
    this.#journal = journal;
  }

  /** Answers from what is stored, or else by the attempt. Rejects with CallError; ALREADY_EXISTS when the id was used for other content. */
  async run(key: RequestKey, attempt: () => Promise<Attempt>): Promise<Answered> {
    const text = textOf(key);
    for (;;) {
      const known = key.scope === 'clOrdId' ? this.#state.answered(key.accountId, key.requestId) : undefined;
      if (known !== undefined) return replay(known, key);
      const other = this.#underWay.get(text);
      if (other === undefined) break;
      const event = await eventOf(other);
      if (event !== undefined) return replay(event, key);
    }
    const answering = this.#attempt(key, attempt);
    this.#underWay.set(text, answering);
    try {
      return await answering;
    } finally {
      this.#underWay.delete(text);
    }
  }

  async #attempt(key: RequestKey, attempt: () => Promise<Attempt>): Promise<Answered> {
    const outcome = await attempt();
    if (outcome.kind === 'stored') return { event: outcome.event, replayed: false };
    const stored = await this.find(key.accountId, key.scope, key.requestId);
    if (stored !== undefined) return replay(stored, key);
    switch (outcome.kind) {
      case 'refused':
        throw outcome.error;
      case 'conflict':
        throw new CallError('The id is taken, but what took it was not found.', { code: StatusCode.INTERNAL, reason: Reason.CONFLICT });
      default:
        return assertNever(outcome, 'outcome');
    }
  }

  /** The committed event that answered the request, from the table. */
  async find(accountId: string, scope: RequestScope, requestId: string): Promise<OrderEvent | undefined> {
    try {
      return await this.#journal.findRequest(accountId, scope, requestId);
    } catch (error) {
      throw unavailableError('The table of requests could not be read: try again with the same id.', error);
    }
  }

  /**
   * What a clOrdId stands for, waiting for it where it is under way; but not where its own answer waits for the asker's, which would be for ever.
   * @param asker the clOrdId of the request that wants to know, where it is under way itself.
   */
  async known(accountId: string, clOrdId: string, asker?: string): Promise<OrderEvent | undefined> {
    const wanted = textOf({ accountId, scope: 'clOrdId', requestId: clOrdId });
    const from = asker === undefined ? undefined : textOf({ accountId, scope: 'clOrdId', requestId: asker });
    const answer = from !== undefined && this.#isBehind(wanted, from) ? undefined : await this.#answerTo(wanted, from);
    return answer ?? this.#state.answered(accountId, clOrdId) ?? (await this.find(accountId, 'clOrdId', clOrdId));
  }

  async #answerTo(wanted: string, from: string | undefined): Promise<OrderEvent | undefined> {
    if (from !== undefined) this.#waitsFor.set(from, wanted);
    try {
      return await eventOf(this.#underWay.get(wanted));
    } finally {
      if (from !== undefined) this.#waitsFor.delete(from);
    }
  }

  /** Whether a request is the other one, or waits for it over however many. */
  #isBehind(request: string, other: string): boolean {
    for (let at: string | undefined = request; at !== undefined; at = this.#waitsFor.get(at)) if (at === other) return true;
    return false;
  }
}

function textOf({ scope, accountId, requestId }: Omit<RequestKey, 'hash'>): string {
  return `${scope}/${accountId}/${requestId}`;
}

/** What a request under way comes to; undefined when nothing was stored. */
function eventOf(answering: Promise<Answered> | undefined): Promise<OrderEvent | undefined> | undefined {
  return answering?.then(
    ({ event }) => event,
    () => undefined,
  );
}

function replay(event: OrderEvent, key: RequestKey): Answered {
  const request = requestOf(event);
  if (request === undefined || Buffer.compare(request.hash, key.hash) !== 0) throw reusedError(key.scope);
  return { event, replayed: true };
}

/** What an append came to, answered by the draft's first event. @throws CallError where the outcome is unknown, or the rows are a defect. */
export function attemptOf(outcome: AppendOutcome, { entries }: Draft): Attempt {
  switch (outcome.kind) {
    case 'committed': {
      const first = entries[0];
      assert(first !== undefined, 'a request is answered by an event');
      return { kind: 'stored', event: first.committed.event };
    }
    case 'conflict':
      return { kind: 'conflict' };
    case 'lapsed':
      return { kind: 'refused', error: riskUnavailableError('the stream to risk broke before the order was written') };
    case 'lost':
      throw outcomeUnknownError();
    case 'refused':
      throw refusedByJournalError(outcome.text);
    default:
      return assertNever(outcome, 'outcome');
  }
}
