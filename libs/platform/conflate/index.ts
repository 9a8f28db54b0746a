/** `@switchyard/platform/conflate`: streams of "all, then what changed", where only the newest counts. */
export { ConflatedFeed, type ConflatedFeedOptions } from './conflated-feed.js';
