export { type Health } from './types.js';
