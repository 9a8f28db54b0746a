/** `@switchyard/platform/bus`: rows to readers, by Kafka or inside this process. */
export { CannotApplyError } from './errors.js';
export {
  type EventBus,
  type JournalContract,
  type JournalSource,
  type ParkedKey,
  type Reader,
  type ReaderOptions,
  type ReplayResult,
  type Subscription,
} from './types.js';
