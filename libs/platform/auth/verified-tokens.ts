import { type Principal } from '@switchyard/contracts';

/** Tokens that were verified before, since verifying a signature costs a tenth of a millisecond. Bounded: the oldest goes first, and is verified again if it is still used. */
export class VerifiedTokens {
  readonly #capacity: number;
  readonly #principals = new Map<string, Principal>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(token: string): Principal | undefined {
    return this.#principals.get(token);
  }

  put(token: string, principal: Principal): void {
    this.#principals.set(token, principal);
    if (this.#principals.size <= this.#capacity) return;
    const oldest = this.#principals.keys().next();
    if (oldest.done !== true) this.#principals.delete(oldest.value);
  }
}
