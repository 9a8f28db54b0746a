import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CallError, type Principal, Reason, StatusCode } from '@switchyard/contracts';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportJWK, importJWK, type JWK, SignJWT } from 'jose';
import { type Auth, ensureDevKeys, openAuth, requireRole, signToken } from './index.js';

const nowMs = 1_800_000_000_000;
const clock = { nowMs: () => nowMs + shiftMs, monotonicMs: () => 0 };
let shiftMs = 0;
let folder: string;
let key: JWK;
let auth: Auth;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-auth-'));
  const keys = await ensureDevKeys(folder);
  key = JSON.parse(readFileSync(keys.keyFile, 'utf8')) as JWK;
  auth = openAuth({ environment: 'sim', processName: 'risk-engine', clock, jwks: { file: keys.jwksFile }, serviceKeyFile: keys.keyFile });
});
afterAll(() => rmSync(folder, { recursive: true }));

const claims = { sub: 'app-1', environment: 'sim', roles: [], accounts: { DEMO: ['trader'] } };
const sign = (lifetimeMs = 60_000, over: Partial<typeof claims> = {}) => signToken(key, { ...claims, ...over }, nowMs, lifetimeMs);

async function refusal(verifying: Promise<Principal>): Promise<CallError> {
  const error: unknown = await verifying.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

async function joseToken(edit: (jwt: SignJWT) => SignJWT, header: Record<string, unknown> = {}): Promise<string> {
  const jwt = new SignJWT({ roles: [], accounts: {} })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, ...header })
    .setSubject('a')
    .setAudience('switchyard-sim')
    .setExpirationTime(nowMs / 1000 + 60);
  return edit(jwt).sign(await importJWK(key, 'EdDSA'));
}

describe('a token', () => {
  it('says who calls and what is granted', async () => {
    expect(await auth.verify(sign())).toEqual({ subject: 'app-1', roles: [], accounts: { DEMO: ['trader'] }, expiresAtMs: nowMs + 60_000 });
  });

  it('is taken up to 5 s after its end, by the cache too, and never later', async () => {
    const token = sign(60_000);
    await auth.verify(token);
    shiftMs = 64_000;
    expect((await auth.verify(token)).subject).toBe('app-1');
    shiftMs = 65_000;
    expect(await refusal(auth.verify(token))).toMatchObject({ code: StatusCode.UNAUTHENTICATED, reason: Reason.TOKEN_EXPIRED });
    shiftMs = 0;
    expect(await refusal(auth.verify(sign(-6_000)))).toMatchObject({ reason: Reason.TOKEN_EXPIRED });
  });

  const other = generateKeyPairSync('ed25519').privateKey;
  it.each<[string, () => Promise<string> | string, Reason]>([
    ['is missing', () => '', Reason.UNAUTHENTICATED],
    ['is no token', () => 'abc', Reason.UNAUTHENTICATED],
    ['names somebody in two lines', () => sign(60_000, { sub: 'app\n1' }), Reason.UNAUTHENTICATED],
    ['names somebody with a NUL', () => sign(60_000, { sub: 'app\0' }), Reason.UNAUTHENTICATED],
    ['is of the other environment', () => sign(60_000, { environment: 'live' }), Reason.WRONG_ENVIRONMENT],
    ['has no audience', () => joseToken((jwt) => jwt.setAudience([])), Reason.WRONG_ENVIRONMENT],
    ['has several audiences', () => joseToken((jwt) => jwt.setAudience(['switchyard-sim', 'switchyard-live'])), Reason.WRONG_ENVIRONMENT],
    [
      'was changed',
      () =>
        sign().replace(
          /\.[^.]+\./,
          `.${Buffer.from(JSON.stringify({ ...claims, aud: 'switchyard-sim', exp: 9e9, roles: ['admin'] })).toString('base64url')}.`,
        ),
      Reason.UNAUTHENTICATED,
    ],
    [
      'has no signature (alg none)',
      () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${sign().split('.')[1]}.`,
      Reason.UNAUTHENTICATED,
    ],
    [
      'is signed with the public key as an HMAC secret',
      async () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS256', kid: key.kid })
          .setSubject('a')
          .setAudience('switchyard-sim')
          .setExpirationTime(9e9)
          .sign(Buffer.from(key.x ?? '')),
      Reason.UNAUTHENTICATED,
    ],
    [
      'is signed with another key of the same id',
      async () => signToken({ ...(await exportJWK(other)), kid: key.kid }, claims, nowMs, 60_000),
      Reason.UNAUTHENTICATED,
    ],
    [
      'is signed with an unknown key',
      async () => signToken({ ...(await exportJWK(other)), kid: 'dev-other' }, claims, nowMs, 60_000),
      Reason.UNAUTHENTICATED,
    ],
    [
      'never ends',
      () => new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', kid: key.kid }).setSubject('a').setAudience('switchyard-sim').sign(key),
      Reason.UNAUTHENTICATED,
    ],
    ['names nobody', () => joseToken((jwt) => jwt.setSubject('')), Reason.UNAUTHENTICATED],
    ['is not valid yet', () => joseToken((jwt) => jwt.setNotBefore(nowMs / 1000 + 6)), Reason.UNAUTHENTICATED],
    ['grants roles that are no list', () => signToken(key, { ...claims, roles: 'admin' as never }, nowMs, 60_000), Reason.UNAUTHENTICATED],
  ])('is refused when it %s', async (_, token, reason) => {
    expect(await refusal(auth.verify(await token()))).toMatchObject({ code: StatusCode.UNAUTHENTICATED, reason });
  });

  it('of this process verifies, says service, and is renewed before it ends', async () => {
    const first = auth.serviceToken();
    expect(await auth.verify(first)).toMatchObject({ subject: 'risk-engine', roles: ['service'] });
    expect(auth.serviceToken()).toBe(first);
    shiftMs = 8 * 60_000;
    const second = auth.serviceToken();
    expect(second).not.toBe(first);
    shiftMs = 0;
  });
});

describe('a live process', () => {
  it('refuses a token that a development key signed, though the key set has it', async () => {
    const jwksFile = path.join(folder, 'jwks.json');
    const live = openAuth({ environment: 'live', processName: 'a', clock, jwks: { file: jwksFile } });
    expect(await refusal(live.verify(sign(60_000, { environment: 'live' })))).toMatchObject({
      reason: Reason.UNAUTHENTICATED,
      message: 'the token is signed with a development key',
    });
  });

  it('does not start with a development key of its own', () => {
    const options = {
      environment: 'live',
      processName: 'a',
      clock,
      jwks: { file: path.join(folder, 'jwks.json') },
      serviceKeyFile: path.join(folder, 'dev-key.json'),
    } as const;
    expect(() => openAuth(options)).toThrow('a live process needs a key of its own');
  });
});

describe('a key set at a URL', () => {
  let server: Server;
  let answer: { status: number; body: string };
  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  it('is fetched; while it can not be had, nobody is called forged', async () => {
    const fetching = openAuth({
      environment: 'sim',
      processName: 'a',
      clock,
      jwks: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` },
    });
    answer = { status: 503, body: '' };
    expect(await refusal(fetching.verify(sign()))).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
    answer = { status: 200, body: readFileSync(path.join(folder, 'jwks.json'), 'utf8') };
    expect((await fetching.verify(sign())).subject).toBe('app-1');
  });
});

describe('development keys', () => {
  it('are made once, also by processes that start at the same moment', async () => {
    const fresh = mkdtempSync(path.join(tmpdir(), 'switchyard-keys-'));
    const made = await Promise.all([1, 2, 3, 4].map(() => ensureDevKeys(fresh)));
    const { kid } = JSON.parse(readFileSync(made[0]?.keyFile ?? '', 'utf8')) as JWK;
    const { keys } = JSON.parse(readFileSync(made[0]?.jwksFile ?? '', 'utf8')) as { keys: JWK[] };
    expect(kid).toMatch(/^dev-/);
    expect(keys).toEqual([expect.objectContaining({ kid, use: 'sig' })]);
    expect(keys[0]).not.toHaveProperty('d');
    rmSync(fresh, { recursive: true });
  });

  it('a key set without keys is refused at start', () => {
    const file = path.join(folder, 'empty.json');
    writeFileSync(file, '{}');
    expect(() => openAuth({ environment: 'sim', processName: 'a', clock, jwks: { file } })).toThrow('is not a JWKS');
  });
});

describe('a principal', () => {
  const principal = (roles: string[]): Principal => ({ subject: 'a', roles, accounts: {}, expiresAtMs: 0 });

  it('needs one of the roles', () => {
    expect(() => requireRole(principal(['ops']), 'ops', 'admin')).not.toThrow();
    expect(() => requireRole(principal(['viewer']), 'ops')).toThrow(expect.objectContaining({ reason: Reason.PERMISSION_DENIED }));
  });
});
