/** Whether proto/ is what the code was generated from. Plain JavaScript that runs on Node 20. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CACHE, ROOT } from '../workspace.mjs';

const FOLDER = path.join(ROOT, 'proto');
const REMEMBERED = path.join(CACHE, 'proto.sha256');

function hashOfProto() {
  const hash = createHash('sha256');
  for (const name of readdirSync(FOLDER, { recursive: true })
    .filter((file) => file.endsWith('.proto'))
    .sort())
    hash.update(`${name}\n`).update(readFileSync(path.join(FOLDER, name)));
  return hash.digest('hex');
}

/** Notes that the generated code is of proto/ as it is now. */
export function rememberProto() {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(REMEMBERED, hashOfProto());
}

/** True if proto/ changed since code was generated here. In a fresh clone the committed code is taken for what proto/ gives: `npm test` proves it. */
export function isProtoNewer() {
  if (existsSync(REMEMBERED)) return readFileSync(REMEMBERED, 'utf8') !== hashOfProto();
  rememberProto();
  return false;
}
