import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './processes.js';
import { type RunningService } from './service.js';

/** Between two looks. What a service's clients do meanwhile is to try again. */
const lookMs = 500;
/** Between two starts that fail. */
const retryMsMax = 10_000;

/**
 * Starts the service again when its process ends by itself, as often as it takes, and says so. Does nothing for a service that is not ours.
 * @returns what ends this; it resolves when no start is under way, so that the service can be stopped after it.
 */
export function keepRunning(service: RunningService, tell: (line: string) => void): () => Promise<void> {
  if (service.pid === undefined) return () => Promise.resolve();
  const ending = new AbortController();
  const watch = async (): Promise<void> => {
    for (let waitMs = lookMs; !ending.signal.aborted;) {
      await sleep(waitMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (ending.signal.aborted || (service.pid !== undefined && isAlive(service.pid))) continue;
      if (waitMs === lookMs) tell(`${service.name} ended by itself: starting it again on its data`);
      try {
        await service.restart();
        waitMs = lookMs;
        tell(`${service.name} is back`);
      } catch (error) {
        waitMs = Math.min(waitMs * 2, retryMsMax);
        // The sentence, without the end of the log below it: it would be told with every try.
        const [why = ''] = (error instanceof Error ? error.message : String(error)).split('; the last lines:');
        tell(`${why.split('\n')[0]} Tried again in ${waitMs / 1000} s.`);
      }
    }
  };
  const watching = watch();
  return async () => {
    ending.abort();
    await watching;
  };
}
