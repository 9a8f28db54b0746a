// mTLS between processes, by configuration alone: who shows no certificate of our authority is not talked to.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ChannelCredentials, Client, credentials, status } from '@grpc/grpc-js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signToken } from '../auth/index.js';
import { type CertificateFiles, TestAuthority } from '../testing/certificates.js';
import { answer, ask, ECHO_SERVICE } from '../testing/echo-service.js';
import { answersRole, asksRole, Journey } from '../testing/example-roles.js';
import { type Role, type RunningProcess, runRoles } from './index.js';

jest.setTimeout(60_000);

let folder: string;
let ours: TestAuthority;
let theirs: TestAuthority;
const running: RunningProcess[] = [];

function tlsOf(files: CertificateFiles): Record<string, string> {
  return {
    SWITCHYARD_TLS_CERTIFICATE_FILE: files.certificateFile,
    SWITCHYARD_TLS_KEY_FILE: files.keyFile,
    SWITCHYARD_TLS_AUTHORITY_FILE: files.authorityFile,
  };
}

async function run(roles: readonly Role[], env: Record<string, string>): Promise<RunningProcess> {
  const process = await runRoles(roles, {
    env: {
      SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0',
      SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0',
      SWITCHYARD_KEYS_FOLDER: folder,
      SWITCHYARD_LOG_LEVEL: 'silent',
      ...env,
    },
  });
  running.push(process);
  return process;
}

/** How a call without a token ends that is made with these credentials: UNAUTHENTICATED is an answer of the process, all else is not. */
async function statusOf(address: string, by: ChannelCredentials): Promise<string> {
  const client = new Client(address, by);
  const asIs = (bytes: Buffer): Buffer => bytes;
  const code = await new Promise<status>((resolve) => {
    const path = `/${ECHO_SERVICE.definition.fullName}/Ask`;
    client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), { deadline: Date.now() + 20_000 }, (error) =>
      resolve(error?.code ?? status.OK),
    );
  });
  client.close();
  return status[code];
}

async function askOverHttp(process: RunningProcess): Promise<unknown> {
  const key = JSON.parse(readFileSync(path.join(folder, 'dev-key.json'), 'utf8')) as never;
  const token = signToken(key, { sub: 'app', environment: 'sim', roles: [] }, Date.now(), 60_000);
  const response = await fetch(`http://${process.httpAddress}/ask/abc`, { headers: { authorization: `Bearer ${token}` } });
  return response.json();
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-mtls-'));
  ours = new TestAuthority(folder, 'ours');
  theirs = new TestAuthority(folder, 'theirs');
});
afterEach(async () => {
  for (const process of running.splice(0).reverse()) await process.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('processes with certificates of one authority', () => {
  it('call each other', async () => {
    const answers = await run([answersRole(new Journey())], tlsOf(ours.issue('answers')));
    const asks = await run([asksRole(new Journey())], {
      ...tlsOf(ours.issue('asks')),
      SWITCHYARD_PEERS: `order-gateway=${answers.address}`,
    });
    expect(await askOverHttp(asks)).toMatchObject({ applied: 3 });
    expect(await asks.calls.any(ECHO_SERVICE).ask(ask('ab'), { timeoutMs: 20_000 })).toEqual(answer(2));
  });

  it('call themselves, in the process and over their own port', async () => {
    const files = ours.issue('both');
    const both = await run([answersRole(new Journey()), asksRole(new Journey())], tlsOf(files));
    expect(await askOverHttp(both)).toMatchObject({ applied: 3 });
    expect(await both.calls.at(ECHO_SERVICE, both.address).ask(ask('ab'), { timeoutMs: 20_000 })).toEqual(answer(2));
    const [authority, key, certificate] = [files.authorityFile, files.keyFile, files.certificateFile].map((file) => readFileSync(file));
    expect(await statusOf(both.address, credentials.createSsl(authority, key, certificate))).toBe('UNAUTHENTICATED');
  });
});

describe('a process with a certificate', () => {
  const authorityOf = (files: CertificateFiles) => readFileSync(files.authorityFile);

  it.each<[string, () => ChannelCredentials]>([
    ['speaks no TLS', () => credentials.createInsecure()],
    ['shows no certificate', () => credentials.createSsl(authorityOf(ours.issue('none')))],
    [
      'shows one of another authority',
      () => {
        const files = theirs.issue('stranger');
        return credentials.createSsl(authorityOf(ours.issue('none')), readFileSync(files.keyFile), readFileSync(files.certificateFile));
      },
    ],
  ])('refuses a client that %s', async (_what, by) => {
    const answers = await run([answersRole(new Journey())], tlsOf(ours.issue('answers')));
    expect(await statusOf(answers.address, by())).toBe('UNAVAILABLE');
  });

  it('does not call a process whose certificate is of another authority', async () => {
    const answers = await run([answersRole(new Journey())], tlsOf(theirs.issue('answers')));
    const asks = await run([asksRole(new Journey())], {
      ...tlsOf(ours.issue('asks')),
      SWITCHYARD_PEERS: `order-gateway=${answers.address}`,
    });
    await expect(asks.calls.any(ECHO_SERVICE).ask(ask('ab'), { timeoutMs: 20_000 })).rejects.toThrow();
  });
});

describe('a live process', () => {
  const live = { SWITCHYARD_ENVIRONMENT: 'live', SWITCHYARD_JWKS_URL: 'https://issuer.example/keys' };

  it('does not start without mTLS, and says what is missing', async () => {
    await expect(run([answersRole(new Journey())], live)).rejects.toThrow(
      /SWITCHYARD_TLS_CERTIFICATE_FILE, SWITCHYARD_TLS_KEY_FILE and SWITCHYARD_TLS_AUTHORITY_FILE are missing: live processes speak mTLS/,
    );
  });

  it('does not start with a certificate and without an authority', async () => {
    const { certificateFile, keyFile } = ours.issue('half');
    const half = { SWITCHYARD_TLS_CERTIFICATE_FILE: certificateFile, SWITCHYARD_TLS_KEY_FILE: keyFile };
    await expect(run([answersRole(new Journey())], { ...live, ...half })).rejects.toThrow(/belong together: set all three or none/);
  });
});
