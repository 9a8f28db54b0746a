// Admission: how many new orders may be under way to a broker session, over all shards of this process.
import { assert } from '@switchyard/kernel';

interface SessionCredit {
  granted: number;
  retryAfterMs: number;
  held: number;
}

/** What a session's holder granted, and what is held by orders without an answer. One instance a process, shared by its owners. */
export class CreditBook {
  readonly #sessions = new Map<string, SessionCredit>();
  readonly #retryAfterUnknownMs: number;

  /** @param retryAfterUnknownMs what a caller is told where the session's holder has said nothing. */
  constructor(retryAfterUnknownMs = 500) {
    this.#retryAfterUnknownMs = retryAfterUnknownMs;
  }

  /** The holder's word: this many new orders may be without an answer, in all. */
  grant(sessionId: string, credits: number, retryAfterMs: number): void {
    const session = this.#of(sessionId);
    session.granted = credits;
    session.retryAfterMs = retryAfterMs;
  }

  /** The stream to the holder broke: nothing is granted until it says so again. */
  revoke(sessionId: string): void {
    this.grant(sessionId, 0, this.#retryAfterUnknownMs);
  }

  /** Takes one credit. @returns undefined when it was taken, else after how many milliseconds to try again. */
  take(sessionId: string): number | undefined {
    const session = this.#of(sessionId);
    if (session.held >= session.granted) return session.retryAfterMs > 0 ? session.retryAfterMs : this.#retryAfterUnknownMs;
    session.held += 1;
    return undefined;
  }

  /** Counts an order that is under way already, whatever was granted: after recovery. */
  hold(sessionId: string): void {
    this.#of(sessionId).held += 1;
  }

  /** The order was answered, or is not to be sent after all. */
  release(sessionId: string): void {
    const session = this.#of(sessionId);
    assert(session.held > 0, 'a credit is released only by who holds it');
    session.held -= 1;
  }

  /** How many new orders may be without an answer now; 0 also while the session's holder has said nothing. */
  granted(sessionId: string): number {
    return this.#sessions.get(sessionId)?.granted ?? 0;
  }

  /** How many are held now. */
  held(sessionId: string): number {
    return this.#sessions.get(sessionId)?.held ?? 0;
  }

  #of(sessionId: string): SessionCredit {
    let session = this.#sessions.get(sessionId);
    if (session === undefined) {
      session = { granted: 0, retryAfterMs: this.#retryAfterUnknownMs, held: 0 };
      this.#sessions.set(sessionId, session);
    }
    return session;
  }
}

/** The credits of one owner, each held by an order: given back once, whatever happens. */
export class HeldCredits {
  readonly #book: CreditBook;
  readonly #sessionIds = new Map<string, string>();

  constructor(book: CreditBook) {
    this.#book = book;
  }

  /** Takes a credit for the order. @returns undefined when it was taken, else after how many milliseconds to try again. */
  take(orderId: string, sessionId: string): number | undefined {
    const retryAfterMs = this.#book.take(sessionId);
    if (retryAfterMs === undefined) this.#sessionIds.set(orderId, sessionId);
    return retryAfterMs;
  }

  /** Counts an order that is under way already. */
  hold(orderId: string, sessionId: string): void {
    this.#book.hold(sessionId);
    this.#sessionIds.set(orderId, sessionId);
  }

  /** Gives the order's credit back, if it holds one. */
  release(orderId: string): void {
    const sessionId = this.#sessionIds.get(orderId);
    if (sessionId === undefined) return;
    this.#sessionIds.delete(orderId);
    this.#book.release(sessionId);
  }

  releaseAll(): void {
    for (const orderId of [...this.#sessionIds.keys()]) this.release(orderId);
  }
}
