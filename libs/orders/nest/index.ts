export { ordersRole } from './orders.role.js';
