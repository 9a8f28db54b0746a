/**
 * Generates the Prisma client into libs/persistence/generated, offline. Does nothing, in a few milliseconds, if it is up to
 * date. `node tools/persistence/generate.mjs`, or `generatePrismaClient()` from the build.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT, readJson } from '../workspace.mjs';
import { findNode24 } from '../start/node24.mjs';
import { helpIfAsked } from '../help.mjs';

const SCHEMA_DIR = path.join(ROOT, 'libs/persistence/prisma/schema');
const STAMP = path.join(ROOT, 'libs/persistence/generated/schema.sha256');

/** True if it generated, false if there was nothing to do. Throws with Prisma's own words if the schema is wrong. */
export function generatePrismaClient() {
  const stamp = schemaStamp();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return false;
  const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const result = spawnSync(findNode24(), [prisma, 'generate', '--schema', SCHEMA_DIR], {
    cwd: ROOT,
    encoding: 'utf8',
    // The path of any program keeps Prisma from looking for the schema engine, which generating does not need.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
  });
  if (result.status !== 0) throw new Error(`prisma generate failed:\n${result.stdout}${result.stderr}`);
  writeFileSync(STAMP, stamp);
  return true;
}

function schemaStamp() {
  const hash = createHash('sha256').update(readJson('package.json').devDependencies.prisma);
  for (const file of readdirSync(SCHEMA_DIR).sort()) {
    if (file.endsWith('.prisma')) hash.update(`${file}\n`).update(readFileSync(path.join(SCHEMA_DIR, file)));
  }
  return hash.digest('hex');
}

if (process.argv[1] && path.resolve(process.argv[1]) === import.meta.filename) {
  helpIfAsked(
    'node tools/persistence/generate.mjs\n\nGenerates the Prisma client into libs/persistence/generated, if it is not up to date.\n',
  );
  process.stdout.write(generatePrismaClient() ? 'generated the Prisma client\n' : 'the Prisma client is up to date\n');
}
