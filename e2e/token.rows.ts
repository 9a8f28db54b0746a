// Tokens that do not say who calls, and what the caller is told.
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface TokenRow {
  readonly name: string;
  readonly reason: string;
  readonly sentence: string;
  /** @param keysFolder where the platform's development key is. */
  readonly make: (keysFolder: string) => string | undefined;
}

function keyOf(keysFolder: string): JsonWebKey & { readonly kid: string } {
  return JSON.parse(readFileSync(path.join(keysFolder, 'dev-key.json'), 'utf8')) as JsonWebKey & { readonly kid: string };
}

/** A token as the platform signs them, with other claims or of another key. */
export function signedToken(keysFolder: string, change: Readonly<Record<string, unknown>> = {}, foreignKey?: KeyObject): string {
  const own = keyOf(keysFolder);
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    sub: 'app',
    aud: 'switchyard-sim',
    roles: [],
    accounts: { BAD: ['trader'] },
    iat: seconds,
    exp: seconds + 600,
    ...change,
  };
  const signed = [{ alg: 'EdDSA', typ: 'JWT', kid: own.kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const key = foreignKey ?? createPrivateKey({ key: own, format: 'jwk' });
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

export const tokenRows: readonly TokenRow[] = [
  { name: 'no token', reason: 'UNAUTHENTICATED', sentence: 'the call carries no token', make: () => undefined },
  { name: 'what is no token', reason: 'UNAUTHENTICATED', sentence: 'the token does not verify', make: () => 'nonsense' },
  {
    name: 'a forged token',
    reason: 'UNAUTHENTICATED',
    sentence: 'the token does not verify',
    make: (keysFolder) => signedToken(keysFolder, {}, generateKeyPairSync('ed25519').privateKey),
  },
  {
    name: 'a token of which a claim was changed',
    reason: 'UNAUTHENTICATED',
    sentence: 'the token does not verify',
    make: (keysFolder) => {
      const [head, , signature] = signedToken(keysFolder).split('.');
      const [, claims] = signedToken(keysFolder, { roles: ['admin'] }).split('.');
      return `${head}.${claims}.${signature}`;
    },
  },
  {
    name: 'an expired token',
    reason: 'TOKEN_EXPIRED',
    sentence: 'the token has expired',
    make: (keysFolder) => signedToken(keysFolder, { exp: Math.floor(Date.now() / 1000) - 60 }),
  },
  {
    name: 'a token of another environment',
    reason: 'WRONG_ENVIRONMENT',
    sentence: 'the token is for switchyard-live, this is switchyard-sim',
    make: (keysFolder) => signedToken(keysFolder, { aud: 'switchyard-live' }),
  },
];
