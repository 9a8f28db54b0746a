// Commands with every feature of the engine switched on, by their number: whoever died in the middle goes on with the same ones.
import { CommandWriter } from '@switchyard/matching-core/engine';
import { RandomCommands } from '@switchyard/matching-core/testing';

export class CommandStream {
  readonly #commands: RandomCommands;
  readonly #writer = new CommandWriter();
  #nextSeq = 1;

  constructor(seed: number) {
    this.#commands = new RandomCommands(seed);
  }

  /** The words of the commands [from, to]; each call begins behind the one before. */
  words(from: number, to: number): Int32Array {
    this.#writer.clear();
    while (this.#nextSeq <= to) {
      // Those before are drawn, and not asked for.
      if (this.#nextSeq <= from) this.#writer.clear();
      this.#commands.writeNext(this.#writer);
      this.#nextSeq++;
    }
    return this.#writer.words.slice();
  }
}
