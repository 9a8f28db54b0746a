export { openAuth, type Auth, type AuthOptions } from './auth.js';
export { ensureDevKeys, type DevKeys } from './dev-keys.js';
export { accountUnknown, mayUseAccount, requireAccount, requireRole, type AccountRole } from './grants.js';
export { audienceOf, signToken, type TokenClaims } from './sign-token.js';
