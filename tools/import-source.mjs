/**
 * Lets a tool import our TypeScript as it is, before anything is built: Node 24 strips the types itself, and only needs to
 * be told that `./x.js` is `./x.ts` where no such JavaScript exists. Only for packages
 * that import no other package of ours (`tools/infra`, `libs/persistence`), since those need an export condition.
 */
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './workspace.mjs';

let isRegistered = false;

/** Imports a TypeScript file by its path from the top of the repository. Needs Node 24. */
export async function importSource(file) {
  if (!isRegistered) registerHooks({ resolve: resolveSource });
  isRegistered = true;
  return import(pathToFileURL(path.join(ROOT, file)).href);
}

function resolveSource(specifier, context, nextResolve) {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !context.parentURL?.endsWith('.ts')) throw error;
    return nextResolve(`${specifier.slice(0, -3)}.ts`, context);
  }
}
