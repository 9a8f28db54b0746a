import { inspect } from 'node:util';

const hidden = '[secret]';

/** Holds a value that must not reach a log, an error or a JSON text by accident: it shows as `[secret]` everywhere except in `reveal()`. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value. Call it where the value is used, and don't keep what it returns. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
