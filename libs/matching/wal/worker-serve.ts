// One engine, asked through a port of its thread.
import { type MessagePort } from 'node:worker_threads';
import { FastEngine, ReferenceEngine, stateHashOf, type MatchingEngine } from '@switchyard/matching-core/engine';
import { DurableEngine } from './durable-engine.js';
import { executeAndTake, takeOwnCommands, type RunningEngine, type ShardPlace } from './engine-host.js';
import { type WorkerAnswer, type WorkerOptions, type WorkerRequest } from './worker-messages.js';

export function serveEngine(port: MessagePort, { engine: name, folder, settings, ...place }: WorkerOptions): void {
  const answer = (message: WorkerAnswer): void => port.postMessage(message);
  const fail = (error: unknown): void => {
    answer({ kind: 'broken', error: error instanceof Error ? error : new Error(String(error)) });
    port.close();
  };
  const makeEngine = (): MatchingEngine => (name === 'fast' ? new FastEngine() : new ReferenceEngine());
  let running: RunningEngine;
  try {
    running =
      folder === undefined
        ? withoutLog(makeEngine())
        : DurableEngine.open({ folder, makeEngine, settings, warn: (text) => answer({ kind: 'warning', text }) });
  } catch (error) {
    return fail(error);
  }
  const own = new OwnCommands(place);
  const take = (request: WorkerRequest): void => {
    switch (request.kind) {
      case 'execute':
        return answer({ kind: 'reports', ...executeAndTake(running, own.of(request.words), request.spare) });
      case 'stateHash':
        return answer({ kind: 'stateHash', hash: stateHashOf(running.engine) });
      case 'close':
        running.close();
        return port.close();
    }
  };
  port.on('message', (request: WorkerRequest) => {
    try {
      take(request);
    } catch (error) {
      fail(error);
    }
  });
}

/** The commands of one shard, in memory that is used again. */
class OwnCommands {
  readonly #place: ShardPlace;
  #words = new Int32Array(0);

  constructor(place: ShardPlace) {
    this.#place = place;
  }

  of(words: Int32Array): Int32Array {
    if (this.#place.shardsCount === 1) return words;
    if (this.#words.length < words.length) this.#words = new Int32Array(Math.ceil(words.length * 1.25));
    return this.#words.subarray(0, takeOwnCommands(words, this.#place, this.#words));
  }
}

/** An engine that keeps nothing: what it knew ends with its thread. */
export function withoutLog(engine: MatchingEngine): RunningEngine {
  return {
    engine,
    execute: (words, from, to) => engine.execute(words, from, to),
    close: () => undefined,
  };
}
