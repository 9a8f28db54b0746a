export { brokersRole } from './brokers.role.js';
