/** Signs tokens. Apart from what verifies them, so that a program that only signs loads no more than this. */
import { createPrivateKey, type JsonWebKey, sign } from 'node:crypto';
import { type JWK } from 'jose';

export const algorithm = 'EdDSA';

/** What a token says. */
export interface TokenClaims {
  readonly sub: string;
  readonly environment: string;
  readonly roles: readonly string[];
  /** Account id, or "*" for all, → viewer or trader. */
  readonly accounts?: Readonly<Record<string, readonly string[]>>;
}

/** The audience that tokens of the environment must have. */
export function audienceOf(environment: string): string {
  return `switchyard-${environment}`;
}

/** Signs a token with a private Ed25519 JWK that has a `kid`. */
export function signToken(key: JWK, claims: TokenClaims, nowMs: number, lifetimeMs: number): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const issuedAt = Math.floor(nowMs / 1000);
  const payload = {
    sub: claims.sub,
    aud: audienceOf(claims.environment),
    roles: claims.roles,
    accounts: claims.accounts ?? {},
    iat: issuedAt,
    exp: issuedAt + Math.floor(lifetimeMs / 1000),
  };
  const signed = `${encode({ alg: algorithm, typ: 'JWT', kid: key.kid })}.${encode(payload)}`;
  // Node's own signature is synchronous, so that a call never waits for its token.
  return `${signed}.${sign(null, Buffer.from(signed), createPrivateKey({ key: key as JsonWebKey, format: 'jwk' })).toString('base64url')}`;
}
