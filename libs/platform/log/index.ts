export { openLog, type LogFormat, type LogOptions } from './log.js';
export { type Logger } from 'pino';
