/**
 * Builds the packages of the workspace: every TypeScript source that is not a spec to `dist`, with source maps, and
 * beside it the files that code reads. One process for all packages, and only what has changed since the last build.
 * Types are checked elsewhere (`npm run types`): the build only removes them.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, packageFolders } from '../workspace.mjs';
import { manifestFile, planBuild } from './plan.mjs';
import { swcOptions } from './transform.mjs';

const USAGE = `node tools/build/build.mjs [--force] [package folder ...]

Builds all packages, or those given (libs/kernel libs/orders/core).
  --force   build everything again
`;

/** A reader of dist never sees half a file, and two builds at once do no harm. */
async function writeWhole(file, content) {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

async function compile(transform, folder, { source, output }) {
  const from = path.join(ROOT, folder, source);
  const to = path.join(ROOT, folder, output);
  await mkdir(path.dirname(to), { recursive: true });
  if (!source.endsWith('.ts')) {
    await copyFile(from, `${to}.${process.pid}.tmp`);
    await rename(`${to}.${process.pid}.tmp`, to);
    return;
  }
  const { code, map } = await transform(await readFile(from, 'utf8'), {
    ...swcOptions,
    filename: from,
    sourceFileName: path.relative(path.dirname(to), from).replaceAll('\\', '/'),
    sourceMaps: true,
    inlineSourcesContent: false,
  });
  await writeWhole(`${to}.map`, map);
  await writeWhole(to, `${code}//# sourceMappingURL=${path.basename(to)}.map\n`);
}

/** Removes an output whose source has gone, and the folders that it leaves empty: a folder can mean something, as that of a migration does. */
async function removeOrphan(folder, output) {
  await rm(path.join(folder, output), { force: true });
  for (let parent = path.dirname(output); parent !== '.' && parent !== 'dist'; parent = path.dirname(parent)) {
    try {
      await rmdir(path.join(folder, parent));
    } catch {
      return; // Not empty.
    }
  }
}

async function buildPackage(transform, plan) {
  const failures = [];
  const files = { ...plan.manifest.files };
  await Promise.all(
    plan.stale.map((work) =>
      compile(transform, plan.folder, work).catch((error) => {
        delete files[work.source];
        failures.push(`${plan.folder}/${work.source}: ${error.message.split('\n\nCaused by')[0]}`);
      }),
    ),
  );
  for (const output of plan.orphans) await removeOrphan(path.join(ROOT, plan.folder), output);
  await mkdir(path.dirname(manifestFile(plan.folder)), { recursive: true });
  await writeWhole(manifestFile(plan.folder), JSON.stringify({ ...plan.manifest, files }));
  return failures;
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { force: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) return process.stdout.write(USAGE);
  const startedAt = performance.now();
  const known = packageFolders();
  const folders =
    positionals.length > 0 ? positionals.map((given) => path.relative(ROOT, path.resolve(given)).replaceAll('\\', '/')) : known;
  const unknown = folders.filter((folder) => !known.includes(folder));
  if (unknown.length > 0) throw new Error(`Not a package of the workspace: ${unknown.join(', ')}. The packages are: ${known.join(', ')}`);
  if (values.force) await Promise.all(folders.map((folder) => rm(manifestFile(folder), { force: true })));
  // The Prisma client is generated source of libs/persistence: it is made before anybody looks for what is stale.
  if (folders.includes('libs/persistence') && existsSync(path.join(ROOT, 'libs/persistence/prisma/schema'))) {
    const { generatePrismaClient } = await import('../persistence/generate.mjs');
    generatePrismaClient();
  }
  const plans = planBuild(folders);
  const failures = [];
  if (plans.length > 0) {
    const { transform } = await import('@swc/core');
    for (const plan of plans) failures.push(...(await buildPackage(transform, plan)));
  }
  const count = plans.reduce((sum, plan) => sum + plan.stale.length, 0);
  const took = `${((performance.now() - startedAt) / 1000).toFixed(2)} s`;
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  process.stdout.write(`built ${count - failures.length} files of ${plans.length} packages (${folders.length} looked at) in ${took}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

await main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
