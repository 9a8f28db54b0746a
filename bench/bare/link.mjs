/** A hop between two roles: `send(item)` on one end, `onItems(items)` on the other, in frames of what queued since the last event-loop turn. */
import { fromFrame, toFrame } from './items.mjs';
import { shape } from './shape.mjs';

/** One end of a link; `deliver` takes a frame's items and answers whether more may follow at once. */
class End {
  onItems = () => undefined;
  #queue = [];
  #scheduled = false;
  #open = true;
  #deliver;

  constructor(deliver) {
    this.#deliver = deliver;
  }

  send(item) {
    this.#queue.push(item);
    if (this.#scheduled || !this.#open) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /** The stream below has room again. */
  resume() {
    this.#open = true;
    if (!this.#scheduled) this.#flush();
  }

  #flush() {
    this.#scheduled = false;
    while (this.#open && this.#queue.length > 0) {
      const items = this.#queue.splice(0, shape.itemsPerFrame);
      this.#open = this.#deliver(items);
    }
  }
}

/** Two ends in one process. */
export function directLink() {
  const left = new End((items) => {
    right.onItems(items);
    return true;
  });
  const right = new End((items) => {
    left.onItems(items);
    return true;
  });
  return [left, right];
}

/** This end of a bidirectional gRPC stream. An error ends the process: a bare pipeline has no recovery. */
export function streamLink(stream) {
  const end = new End((items) => stream.write(toFrame(items)) !== false);
  stream.on('data', (frame) => end.onItems(fromFrame(frame)));
  stream.on('drain', () => end.resume());
  stream.on('error', (error) => {
    if (error.code === 1) return;
    process.stderr.write(`a stream broke: ${error.message}\n`);
    process.exit(1);
  });
  return end;
}
