/**
 * What the build has to do: compares sources with the manifest of the last build and with what lies in `dist`.
 * Node built-ins only and a few milliseconds, so that `npm start` can ask before it loads a compiler.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { CACHE, ROOT, filesUnder, packageFolders, readJson } from '../workspace.mjs';
import { swcOptions } from './transform.mjs';

/** Files that code reads beside itself (`import.meta.dirname`); the build copies them, so that works from dist too. */
const ASSET = /\.(?:json|sql|csv|html|css|svg|txt|proto|binpb|prisma|mjs|xml|properties|yaml)$/;
const NOT_SHIPPED = /(?:^|\/)(?:package|tsconfig[^/]*|project)\.json$|\.config\.mjs$|\.spec\.[^/]+$|\.d\.ts$/;

/** The output of a source file, or undefined for a file that the build leaves alone. Both relative to the package. */
function outputOf(source) {
  if (NOT_SHIPPED.test(source)) return undefined;
  if (source.endsWith('.ts')) return `dist/${source.slice(0, -3)}.js`;
  return ASSET.test(source) ? `dist/${source}` : undefined;
}

/** What makes every output stale at once: another compiler, or other options. */
function toolKey() {
  const key = JSON.stringify([readJson('package.json').devDependencies['@swc/core'], swcOptions, 2]);
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** Where the manifest of one package lies: `{ key, files: { source: [mtimeMs, size] } }`. */
export function manifestFile(folder) {
  return path.join(CACHE, 'build', `${folder.replaceAll('/', '__')}.json`);
}

function readManifest(folder, key) {
  try {
    const manifest = JSON.parse(readFileSync(manifestFile(folder), 'utf8'));
    return manifest.key === key ? manifest.files : {};
  } catch {
    return {}; // The first build, or an interrupted one: everything is stale.
  }
}

function outputsIn(folder) {
  const dist = path.join(ROOT, folder, 'dist');
  if (!existsSync(dist)) return [];
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(path.join(ROOT, folder), path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'));
}

/** The work for one package: `stale` sources to make again, `orphans` in dist whose source has gone, and the manifest afterwards. */
function planPackage(folder, key) {
  const before = readManifest(folder, key);
  const present = new Set(outputsIn(folder));
  const expected = new Set();
  const stale = [];
  const files = {};
  const notNested = (child) => !existsSync(path.join(ROOT, child, 'package.json'));
  for (const file of filesUnder(folder, notNested)) {
    const source = file.slice(folder.length + 1);
    const output = outputOf(source);
    if (!output) continue;
    const { mtimeMs, size } = statSync(path.join(ROOT, file));
    files[source] = [mtimeMs, size];
    expected.add(output);
    if (source.endsWith('.ts')) expected.add(`${output}.map`);
    const known = before[source];
    if (!known || known[0] !== mtimeMs || known[1] !== size || !present.has(output)) stale.push({ source, output });
  }
  const orphans = [...present].filter((output) => !expected.has(output) && !output.endsWith('.tmp'));
  return { folder, stale, orphans, manifest: { key, files } };
}

/** The work for each of the given packages (all of them without an argument); packages with nothing to do are left out. */
export function planBuild(folders = packageFolders()) {
  const key = toolKey();
  return folders.map((folder) => planPackage(folder, key)).filter((plan) => plan.stale.length > 0 || plan.orphans.length > 0);
}
