import { type Logger } from '../log/index.js';
import { BullTick } from './bull-tick.js';
import { type Tick } from './tick.js';
import { TimerTick } from './timer-tick.js';

export { type StopTick, type Tick } from './tick.js';
export { TimerTick } from './timer-tick.js';

/** Opens ticks on Redis where its address is known, else by timers. */
export function openTick(options: { redisUrl: string | undefined; environment: string; log: Logger }): Tick & { stop(): Promise<void> } {
  if (options.redisUrl === undefined) return new TimerTick(options.log);
  return new BullTick(options.redisUrl, options.environment, options.log);
}
