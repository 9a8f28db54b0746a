/** How the demonstration speaks: numbered steps, and a check that stops it where something is not as expected. */

/** Something was not as the demonstration expects. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

export class Script {
  readonly #write: (text: string) => void;
  readonly #bold: (text: string) => string;
  #step = 0;

  constructor(write: (text: string) => void, bold: (text: string) => string) {
    this.#write = write;
    this.#bold = bold;
  }

  /** Begins a step. */
  step(title: string): void {
    this.#step += 1;
    this.#write(`\n${this.#bold(`${this.#step}. ${title}`)}\n`);
  }

  /** Text below the step's title. */
  show(text: string): void {
    this.#write(`${text.replaceAll(/^(?=.)/gm, '   ')}\n`);
  }

  /** Says what was expected and holds; throws DemoError where it does not. */
  expect(fact: string, holds: boolean, instead: string): void {
    if (!holds) throw new DemoError(`expected: ${fact}. Instead: ${instead}`);
    this.show(`✓ ${fact}`);
  }
}
