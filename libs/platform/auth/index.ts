export { openAuth, type Auth, type AuthOptions } from './auth.js';
export { ensureDevKeys, type DevKeys } from './dev-keys.js';
export { requireRole } from './grants.js';
export { audienceOf, signToken, type TokenClaims } from './sign-token.js';
