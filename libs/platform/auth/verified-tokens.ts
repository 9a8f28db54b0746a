import { type Principal } from '@switchyard/contracts';

/** Tokens that were verified before, since verifying a signature costs a tenth of a millisecond. Bounded: the one that was used longest ago goes first. */
export class VerifiedTokens {
  readonly #capacity: number;
  // A Map remembers the order of insertion, which is kept to be the order of use.
  readonly #principals = new Map<string, Principal>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#principals.size;
  }

  get(token: string): Principal | undefined {
    const principal = this.#principals.get(token);
    if (principal === undefined) return undefined;
    this.#principals.delete(token);
    this.#principals.set(token, principal);
    return principal;
  }

  put(token: string, principal: Principal): void {
    this.#principals.set(token, principal);
    if (this.#principals.size <= this.#capacity) return;
    const oldest = this.#principals.keys().next();
    if (oldest.done !== true) this.#principals.delete(oldest.value);
  }
}
