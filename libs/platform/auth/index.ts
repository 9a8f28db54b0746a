export { type Auth } from './auth.js';
