export { type StopTick, type Tick } from './tick.js';
