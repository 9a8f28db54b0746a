import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '@switchyard/kernel';
import { type Auth, type DevKeys, ensureDevKeys, openAuth } from '../auth/index.js';

/** A real verifier with keys of its own, for specs. */
export async function testAuth(processName = 'tester'): Promise<{ auth: Auth; keys: DevKeys; remove(): void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-keys-'));
  const keys = await ensureDevKeys(folder);
  const auth = openAuth({
    environment: 'sim',
    processName,
    clock: systemClock,
    jwks: { file: keys.jwksFile },
    serviceKeyFile: keys.keyFile,
  });
  return { auth, keys, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
