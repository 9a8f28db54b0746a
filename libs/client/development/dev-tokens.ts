/** Tokens signed with the development key. A live process refuses them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { signToken } from '@switchyard/platform/token';

export interface DevClaims {
  /** Who calls. */
  readonly subject: string;
  /** Roles everywhere: "admin", "ops", "risk-officer". */
  readonly roles?: readonly string[];
  /** Account id, or "*" for all, → "viewer" or "trader". */
  readonly accounts?: Readonly<Record<string, readonly string[]>>;
}

const lifetimeMs = 15 * 60_000;

/** Everything that the development key can grant: for tools on a developer's own machine. */
export const everything: Omit<DevClaims, 'subject'> = { roles: ['admin', 'ops', 'risk-officer'], accounts: { '*': ['trader'] } };

/** Signs a token. Throws where there is no key in the folder: the platform makes one at its first start. */
export function devToken(keysFolder: string, claims: DevClaims, validMs = lifetimeMs): string {
  const key = JSON.parse(readFileSync(path.join(keysFolder, 'dev-key.json'), 'utf8')) as Parameters<typeof signToken>[0];
  const { subject, roles = [], accounts = {} } = claims;
  return signToken(key, { sub: subject, environment: 'sim', roles, accounts }, Date.now(), validMs);
}

/** A provider of tokens for `connect`, which signs a new one before the old one expires. */
export function devTokens(keysFolder: string, claims: DevClaims): () => string {
  let token = '';
  let renewAtMs = 0;
  return () => {
    if (Date.now() >= renewAtMs) {
      token = devToken(keysFolder, claims);
      renewAtMs = Date.now() + lifetimeMs / 2;
    }
    return token;
  };
}

/** How long the printed address of the page signs in. */
const pageTokenMs = 12 * 3600_000;

/** The page's address with a token that may look at everything and change nothing: it works when it is pasted into a browser. */
export function pageAddress(page: string, keysFolder: string): string {
  const token = devToken(keysFolder, { subject: 'page', accounts: { '*': ['viewer'] } }, pageTokenMs);
  return `${page}?token=${token}`;
}
