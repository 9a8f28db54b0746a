export { notOffered, type NotOffered } from './broker-offer.js';
export * from './calls.js';
export * from './errors.js';
export * from './services.js';
export * from './topics.js';
export { hasField } from './wire-reader.js';
export * from './gen/common/v1/halt.js';
export * from './gen/common/v1/reason.js';
export * from './gen/common/v1/types.js';
