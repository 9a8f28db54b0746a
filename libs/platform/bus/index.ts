/** `@switchyard/platform/bus`: rows to readers, by Kafka or inside this process. */
export { DirectBus, directDefaults, type DirectBusOptions, type DirectBusSettings } from './direct-bus.js';
export { CannotApplyError } from './errors.js';
export { KafkaBus, kafkaDefaults, type KafkaBusOptions, type KafkaBusSettings } from './kafka-bus.js';
export { readerHandlers } from './reader-handlers.js';
export {
  type Effect,
  type EventBus,
  type JournalContract,
  type JournalSource,
  noEffect,
  type ParkedKey,
  type Reader,
  type ReaderOptions,
  type ReplayResult,
  type Subscription,
} from './types.js';
