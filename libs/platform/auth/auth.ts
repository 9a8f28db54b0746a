/** Who calls. Tokens are JWTs signed with EdDSA by an issuer outside; we verify them against its published keys. */
import { readFileSync } from 'node:fs';
import { CallError, type Principal, Reason, StatusCode } from '@switchyard/contracts';
import { type Clock, parseFreeText } from '@switchyard/kernel';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { algorithm, audienceOf, signToken } from './sign-token.js';
import { VerifiedTokens } from './verified-tokens.js';

export interface Auth {
  /** The principal of a token (without "Bearer "). Throws CallError UNAUTHENTICATED with UNAUTHENTICATED, TOKEN_EXPIRED or WRONG_ENVIRONMENT. */
  verify(token: string | undefined): Promise<Principal>;
  /** This process' own token for calls of its own; empty where it has no key. */
  serviceToken(): string;
  /** Who this process is. */
  readonly servicePrincipal: Principal;
}

export interface AuthOptions {
  readonly environment: 'sim' | 'live';
  readonly processName: string;
  readonly clock: Clock;
  /** The issuer's keys: a file or a URL. */
  readonly jwks: { readonly file: string } | { readonly url: string };
  /** A private JWK with which this process signs its own tokens. */
  readonly serviceKeyFile?: string;
}

const clockSkewMs = 5_000;
const serviceTokenMs = 15 * 60_000;
const devKeyPrefix = 'dev-';

/** Builds the verifier. Throws if the service key can't be read, or is a development key in a live process. */
export function openAuth(options: AuthOptions): Auth {
  const keys = 'file' in options.jwks ? fileKeys(options.jwks.file) : createRemoteJWKSet(new URL(options.jwks.url));
  const serviceToken = options.serviceKeyFile === undefined ? () => '' : serviceTokens(options, options.serviceKeyFile);
  const audience = audienceOf(options.environment);
  const verified = new VerifiedTokens(10_000);

  async function verifyNow(token: string): Promise<Principal> {
    refuseDevKey(options.environment, token);
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [algorithm],
      currentDate: new Date(options.clock.nowMs()),
      clockTolerance: clockSkewMs / 1000,
      requiredClaims: ['sub', 'exp'],
    });
    if (payload.aud !== audience) throw refused(Reason.WRONG_ENVIRONMENT, `the token is for ${String(payload.aud)}, this is ${audience}`);
    return principalOf(payload);
  }

  return {
    servicePrincipal: { subject: options.processName, roles: ['service'], accounts: {}, expiresAtMs: Number.MAX_SAFE_INTEGER },
    serviceToken,
    async verify(token) {
      if (token === undefined || token === '') throw refused(Reason.UNAUTHENTICATED, 'the call carries no token');
      const known = verified.get(token);
      if (known !== undefined) {
        if (known.expiresAtMs + clockSkewMs > options.clock.nowMs()) return known;
        throw refused(Reason.TOKEN_EXPIRED, 'the token has expired');
      }
      try {
        const principal = await verifyNow(token);
        verified.put(token, principal);
        return principal;
      } catch (error) {
        throw toRefusal(error);
      }
    },
  };
}

function fileKeys(file: string): JWTVerifyGetKey {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null || !('keys' in parsed)) throw new Error(`${file} is not a JWKS: it has no "keys"`);
  return createLocalJWKSet(parsed as { keys: JWK[] });
}

function serviceTokens(options: AuthOptions, file: string): () => string {
  const key = JSON.parse(readFileSync(file, 'utf8')) as JWK;
  if (options.environment === 'live' && (key.kid ?? '').startsWith(devKeyPrefix))
    throw new Error(`${file} holds the development key ${key.kid}: a live process needs a key of its own`);
  let token = '';
  let renewAtMs = 0;
  return () => {
    const nowMs = options.clock.nowMs();
    if (nowMs >= renewAtMs) {
      renewAtMs = nowMs + serviceTokenMs / 2;
      token = signToken(key, { sub: options.processName, environment: options.environment, roles: ['service'] }, nowMs, serviceTokenMs);
    }
    return token;
  };
}

function refuseDevKey(environment: string, token: string): void {
  if (environment === 'live' && keyIdOf(token).startsWith(devKeyPrefix))
    throw refused(Reason.UNAUTHENTICATED, 'the token is signed with a development key');
}

function keyIdOf(token: string): string {
  try {
    return decodeProtectedHeader(token).kid ?? '';
  } catch (error) {
    throw new CallError('the token does not verify', { code: StatusCode.UNAUTHENTICATED, reason: Reason.UNAUTHENTICATED, cause: error });
  }
}

function principalOf(payload: JWTPayload): Principal {
  const { sub, exp, roles = [], accounts = {} } = payload as JWTPayload & { roles?: unknown; accounts?: unknown };
  if (!isTexts(roles)) throw refused(Reason.UNAUTHENTICATED, 'the claim "roles" is not a list of texts');
  if (typeof accounts !== 'object' || accounts === null || !Object.values(accounts).every(isTexts))
    throw refused(Reason.UNAUTHENTICATED, 'the claim "accounts" is not a map of lists');
  if (sub === undefined || sub === '') throw refused(Reason.UNAUTHENTICATED, 'the token names nobody');
  // It is written beside what its bearer decides.
  if (!parseFreeText(sub).ok) throw refused(Reason.UNAUTHENTICATED, 'the subject of the token is not one line of text');
  return { subject: sub, roles, accounts: accounts as Record<string, string[]>, expiresAtMs: (exp ?? 0) * 1000 };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** What jose threw, without a word of how the token failed beyond what the caller may know. A key set that can't be fetched is no fault of the token. */
function toRefusal(error: unknown): CallError {
  if (error instanceof CallError) return error;
  if (error instanceof errors.JWTExpired) return refused(Reason.TOKEN_EXPIRED, 'the token has expired');
  const noKeys = !(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC';
  if (noKeys) {
    return new CallError('the keys that verify tokens can not be read now', {
      code: StatusCode.UNAVAILABLE,
      reason: Reason.UNAVAILABLE,
      cause: error,
    });
  }
  return refused(Reason.UNAUTHENTICATED, 'the token does not verify');
}

function refused(reason: Reason, sentence: string): CallError {
  return new CallError(sentence, { code: StatusCode.UNAUTHENTICATED, reason });
}
