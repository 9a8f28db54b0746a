// The risk side of the stream with a shard's owner. The owner attaches, sends the journal from where this side wants it up to the present, and then facts and checks as
// they come. Only the newest attach counts. All that is remembered comes from committed facts, so it is still true when a stream breaks; reservations are not.
import { type OwnerMessage, type RiskMessage } from '@switchyard/contracts/gen/risk/v1/service';
import { decodeWithout } from '@switchyard/contracts';
import { ReportRef } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { Placement, RiskDecision_InputsEntry } from '@switchyard/contracts/gen/orders/v1/order';
import { assertNever, type Clock } from '@switchyard/kernel';
import { decide, type Question, type Rules } from './decide.js';
import { Exposure } from './exposure.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot.js';

/** DETACHED: nobody is attached. LOADING: attached, its snapshot is being read. FOLDING: coming to the present. READY: checks are answered. */
export type ShardPhase = 'DETACHED' | 'LOADING' | 'FOLDING' | 'READY';

/** Most of a fact's texts, and nothing to exposure. */
const unread: ReadonlySet<object> = new Set([Placement, ReportRef, RiskDecision_InputsEntry]);

/** What the owner says of the shard, and what this side answers. */
export type FromOwner = NonNullable<OwnerMessage['message']>;
export type ToOwner = NonNullable<RiskMessage['message']>;

/**
 * One shard.
 * @typeParam Link what identifies the stream of an attach: messages of any other link than the newest are ignored.
 */
export class RiskShard<Link extends object> {
  #phase: ShardPhase = 'DETACHED';
  #link: Link | undefined;
  #exposure = new Exposure();
  #foldedSeq = 0;
  #claims = 0;

  constructor(
    readonly shard: number,
    private readonly rules: Rules,
    private readonly clock: Clock,
  ) {}

  get phase(): ShardPhase {
    return this.#phase;
  }

  /** The last sequence that is folded. */
  get foldedSeq(): number {
    return this.#foldedSeq;
  }

  /** Rises with every claim: whoever waits for something after a claim compares it to know whether his still stands. */
  get claims(): number {
    return this.#claims;
  }

  get exposure(): Exposure {
    return this.#exposure;
  }

  /** The newest attach takes the shard: its reservations are gone, and the former link (if any) is to be told `detached`. */
  claim(link: Link): Link | undefined {
    const former = this.#link;
    this.#link = link;
    this.#claims++;
    this.#phase = 'LOADING';
    this.#exposure.abandonAll();
    return former === link ? undefined : former;
  }

  isHeldBy(link: Link): boolean {
    return this.#link === link;
  }

  /**
   * Begins to fold, from memory or from the stored snapshot, whichever is further; undefined when a newer attach has come meanwhile.
   * @param lastSeq the end of the owner's journal: what claims to know more than that is of another journal, and dropped.
   * @throws the decoder's error where the snapshot can't be read; call again without it.
   */
  begin(link: Link, lastSeq: number, snapshot: Uint8Array | undefined): ToOwner | undefined {
    if (this.#link !== link || this.#phase !== 'LOADING') return undefined;
    if (this.#foldedSeq > lastSeq) this.#forget();
    const stored = snapshot === undefined ? undefined : decodeSnapshot(snapshot);
    if (stored !== undefined && stored.seq > this.#foldedSeq && stored.seq <= lastSeq) {
      this.#exposure = stored.exposure;
      this.#foldedSeq = stored.seq;
    }
    this.#phase = 'FOLDING';
    return { $case: 'attached', value: { fromSeq: this.#foldedSeq + 1 } };
  }

  /** Takes the next message of a link; the answer, if any, goes back on it. */
  receive(link: Link, message: FromOwner): ToOwner | undefined {
    if (this.#link !== link || this.#phase === 'LOADING') return undefined;
    switch (message.$case) {
      case 'event':
        return this.#fold(message.value.seq, message.value.payload);
      case 'caughtUp':
        if (message.value.seq !== this.#foldedSeq)
          return this.#detach(`caught up to ${message.value.seq}, but folded to ${this.#foldedSeq}`);
        this.#phase = 'READY';
        return { $case: 'ready', value: { seq: this.#foldedSeq } };
      case 'check':
        return this.#phase === 'READY' ? this.#judge(message.value) : undefined;
      case 'abandon':
        this.#exposure.abandon(message.value.checkId);
        return undefined;
      case 'detach':
        this.broken(link);
        return undefined;
      case 'attach':
        return undefined; // The caller claims and begins: a snapshot is to be read in between.
      default:
        return assertNever(message, 'owner message');
    }
  }

  /** The link is over: what it reserved is gone, what was folded stays. */
  broken(link: Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#phase = 'DETACHED';
    this.#exposure.abandonAll();
  }

  /** Judges without reserving anything; undefined while the shard is not READY. */
  preview(question: Question): (ToOwner & { $case: 'decision' }) | undefined {
    if (this.#phase !== 'READY') return undefined;
    const startMs = this.clock.monotonicMs();
    const { decision } = decide(this.rules, this.#exposure, question, this.#foldedSeq, this.clock.nowMs());
    decision.tookUs = this.#sinceUs(startMs);
    decision.decidedAtMs = this.clock.nowMs();
    return { $case: 'decision', value: { checkId: 0, decision } };
  }

  /** The state after `foldedSeq`, to be stored. */
  snapshot(): Uint8Array {
    return encodeSnapshot(this.#exposure, this.#foldedSeq, this.clock.nowMs());
  }

  #fold(seq: number, payload: Uint8Array): ToOwner | undefined {
    if (seq !== this.#foldedSeq + 1) return this.#detach(`got fact ${seq} after ${this.#foldedSeq}`);
    try {
      this.#exposure.apply(decodeWithout(OrderEvent, payload, unread), this.clock.nowMs());
    } catch (error) {
      // Half of the fact may be in: only a rebuild can be trusted, and if that fails too, the shard stays closed.
      this.#forget();
      return this.#detach(`fact ${seq} can't be folded: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#foldedSeq = seq;
    return undefined;
  }

  /** A check whose deadline has passed is not answered, and reserves nothing. */
  #judge(check: Question & { checkId: number; deadlineMs: number }): ToOwner | undefined {
    const nowMs = this.clock.nowMs();
    if (nowMs > check.deadlineMs) return undefined;
    const startMs = this.clock.monotonicMs();
    const { decision, approved } = decide(this.rules, this.#exposure, check, this.#foldedSeq, nowMs);
    if (approved !== undefined) {
      const { account, order, reservation } = approved;
      const { instrumentId, side } = order;
      this.#exposure.reserve({ orderId: check.orderId, account, instrumentId, side }, { checkId: check.checkId, ...reservation }, nowMs);
    }
    decision.tookUs = this.#sinceUs(startMs);
    decision.decidedAtMs = this.clock.nowMs();
    return { $case: 'decision', value: { checkId: check.checkId, decision } };
  }

  #detach(text: string): ToOwner {
    this.#link = undefined;
    this.#phase = 'DETACHED';
    this.#exposure.abandonAll();
    return { $case: 'detached', value: { text } };
  }

  #forget(): void {
    this.#exposure = new Exposure();
    this.#foldedSeq = 0;
  }

  #sinceUs(startMs: number): number {
    return Math.round((this.clock.monotonicMs() - startMs) * 1000);
  }
}
