/** Signing of tokens alone, for programs that verify none. */
export { audienceOf, signToken, type TokenClaims } from '../auth/sign-token.js';
