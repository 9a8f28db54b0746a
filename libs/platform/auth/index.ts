export { audienceOf, openAuth, signToken, type Auth, type AuthOptions, type TokenClaims } from './auth.js';
export { ensureDevKeys, type DevKeys } from './dev-keys.js';
export { accountUnknown, mayUseAccount, requireAccount, requireRole, type AccountRole } from './grants.js';
