export { ProcessHealth, type Health, type HealthReport } from './health.js';
