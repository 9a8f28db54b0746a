/** What the tools need to know about the repository itself. Node built-ins only, so that it runs before npm ci. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Where the tools keep what they can make again: emptied by removing node_modules. */
export const CACHE = path.join(ROOT, 'node_modules/.cache/switchyard');

/** Reads a JSON file of the repository, by its path from the top. */
export function readJson(relative) {
  return JSON.parse(readFileSync(path.join(ROOT, relative), 'utf8'));
}

/** Folders that hold nothing of ours, wherever they are. */
const FOREIGN = new Set(['node_modules', 'dist', 'coverage', 'tmp']);

/** Every file under a folder (paths from the top of the repository), without foreign and hidden folders; `into` may keep it out of more. */
export function filesUnder(folder, into = () => true) {
  const found = [];
  const walk = (relative) => {
    for (const entry of readdirSync(path.join(ROOT, relative), { withFileTypes: true })) {
      const child = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.isDirectory()) {
        if (!FOREIGN.has(entry.name) && !entry.name.startsWith('.') && into(child)) walk(child);
      } else if (entry.isFile()) found.push(child);
    }
  };
  if (existsSync(path.join(ROOT, folder))) walk(folder);
  return found;
}

/** The folders of the workspace's packages, as the root package.json declares them, sorted. */
export function packageFolders() {
  const folders = [];
  const expand = (done, rest) => {
    if (rest.length === 0) {
      if (existsSync(path.join(ROOT, done, 'package.json'))) folders.push(done);
      return;
    }
    const [part, ...others] = rest;
    const join = (name) => (done ? `${done}/${name}` : name);
    if (part !== '*') return expand(join(part), others);
    if (!existsSync(path.join(ROOT, done))) return;
    for (const entry of readdirSync(path.join(ROOT, done), { withFileTypes: true })) {
      if (entry.isDirectory() && !FOREIGN.has(entry.name)) expand(join(entry.name), others);
    }
  };
  for (const pattern of readJson('package.json').workspaces) expand('', pattern.split('/'));
  return [...new Set(folders)].sort();
}
