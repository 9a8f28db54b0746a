import type { Socket } from 'node:net';
import type { Prng } from '@switchyard/kernel';

/** What one direction of a proxied connection suffers. */
export interface Toxic {
  /** Every chunk is this much late; order is kept. */
  readonly latencyMs?: number;
  /** And up to this much more, drawn from the seed. */
  readonly jitterMs?: number;
  /** Nothing passes, and nobody is told. What was sent passes when the black hole is gone, as TCP does after a partition. */
  readonly blackHole?: boolean;
  /** The connection is closed, on both sides, when this many bytes have passed since the toxic was set (or the connection made). */
  readonly cutAfterBytes?: number;
}

interface Queued {
  /** Undefined is the end of the stream. */
  readonly chunk: Buffer | undefined;
  readonly dueMs: number;
}

/** One direction of one connection: a queue between two sockets. */
export class TcpPipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #prng: Prng;
  readonly #cut: () => void;
  readonly #queue: Queued[] = [];
  #toxic: Toxic;
  #passedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(source: Socket, sink: Socket, toxic: Toxic, prng: Prng, cut: () => void) {
    this.#source = source;
    this.#sink = sink;
    this.#toxic = toxic;
    this.#prng = prng;
    this.#cut = cut;
    source.on('data', (chunk: Buffer) => this.#enqueue(chunk));
    source.on('end', () => this.#enqueue(undefined));
    sink.on('drain', () => this.#pump());
    this.#pump();
  }

  set(toxic: Toxic): void {
    this.#toxic = toxic;
    this.#passedBytes = 0;
    this.#pump();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #enqueue(chunk: Buffer | undefined): void {
    const { latencyMs = 0, jitterMs = 0 } = this.#toxic;
    const lateMs = latencyMs + (jitterMs > 0 ? this.#prng.below(jitterMs + 1) : 0);
    const lastDueMs = this.#queue.at(-1)?.dueMs ?? 0;
    this.#queue.push({ chunk, dueMs: Math.max(lastDueMs, performance.now() + lateMs) });
    this.#pump();
  }

  /** Passes on what is due; asks to be called again when the next is. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    if (this.#toxic.blackHole) {
      this.#source.pause();
      return;
    }
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#sink.writableNeedDrain) {
        this.#source.pause();
        return;
      }
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
        break;
      }
      this.#queue.shift();
      if (!this.#pass(next.chunk)) return;
    }
    this.#source.resume();
  }

  /** Writes to the other side; false when that was the last that this connection carries. */
  #pass(chunk: Buffer | undefined): boolean {
    if (chunk === undefined) {
      this.#sink.end();
      return true;
    }
    const leftBytes = (this.#toxic.cutAfterBytes ?? Infinity) - this.#passedBytes;
    this.#passedBytes += chunk.length;
    if (chunk.length < leftBytes) {
      this.#sink.write(chunk);
      return true;
    }
    this.stop();
    this.#source.pause();
    this.#sink.write(chunk.subarray(0, leftBytes), this.#cut);
    return false;
  }
}
