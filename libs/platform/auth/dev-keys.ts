import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** Files of the development key: the private key that signs, and the key set that verifies. */
export interface DevKeys {
  readonly keyFile: string;
  readonly jwksFile: string;
}

/**
 * Creates a development key and its key set in the folder, unless they are there. Simulation only: a live process refuses what the key signs.
 * Several processes may call it at once: the first one to link its key wins, and the key set follows from the key.
 */
export async function ensureDevKeys(folder: string): Promise<DevKeys> {
  const keys: DevKeys = { keyFile: path.join(folder, 'dev-key.json'), jwksFile: path.join(folder, 'jwks.json') };
  if (existsSync(keys.keyFile) && existsSync(keys.jwksFile)) return keys;
  mkdirSync(folder, { recursive: true });
  const draft = path.join(folder, `.draft-${randomUUID()}`);
  try {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    writeFileSync(draft, JSON.stringify({ ...(await exportJWK(privateKey)), kid: `dev-${randomUUID().slice(0, 8)}`, alg: 'EdDSA' }), {
      mode: 0o600,
    });
    linkSync(draft, keys.keyFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const { d: _private, ...verifying } = JSON.parse(readFileSync(keys.keyFile, 'utf8')) as JWK;
  writeFileSync(draft, JSON.stringify({ keys: [{ ...verifying, use: 'sig' }] }));
  renameSync(draft, keys.jwksFile);
  return keys;
}
