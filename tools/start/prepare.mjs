/**
 * Everything that must be there before Switchyard runs: packages, generated code, the build. Plain JavaScript with
 * Node built-ins only, because it runs on the user's Node 20 and before npm has installed anything.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { planBuild } from '../build/plan.mjs';
import { isProtoNewer } from '../generate/proto-hash.mjs';
import { CACHE, ROOT } from '../workspace.mjs';
import { findNode24 } from './node24.mjs';

/** The oldest Node.js that can start Switchyard; it then runs on the Node 24 that npm installs. */
const NODE_MAJOR_MIN = 20;

/** Generated code that is committed; `npm run generate` makes it again. The Prisma client is made by the build. */
const GENERATED = ['libs/contracts/gen'];

/** A failure whose message tells the user what to do; no stack is shown. */
export class CannotStart extends Error {}

/** Runs a program to its end, quietly: what it printed is shown only if it fails. */
function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const printed = [];
    child.stdout.on('data', (chunk) => printed.push(chunk));
    child.stderr.on('data', (chunk) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new CannotStart(
            `${Buffer.concat(printed).toString().trim()}\n"${path.basename(command)} ${args.join(' ')}" failed (exit code ${code}).`,
          ),
        );
    });
  });
}

function mustInstall() {
  const installed = path.join(ROOT, 'node_modules/.package-lock.json');
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(path.join(ROOT, 'package-lock.json')).mtimeMs;
}

/** npm with the arguments given: the npm that called us, else the one on the path. */
function npm(args) {
  const script = process.env['npm_execpath'];
  if (script && /npm-cli\.c?js$/.test(script)) return runQuietly(process.execPath, [script, ...args]);
  return runQuietly('npm', args, { shell: process.platform === 'win32' });
}

async function timed(step, say, run) {
  const startedAt = performance.now();
  say(`${step} ...`);
  await run();
  say(`${step}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Brings the clone into a state that can run. Says a line for each step that had something to do, and nothing otherwise. */
export async function prepare({ say, build = true }) {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
    throw new CannotStart(
      `Switchyard needs Node.js ${NODE_MAJOR_MIN} or later; this is ${process.versions.node}. Install it from nodejs.org or with your package manager.`,
    );
  }
  if (mustInstall()) await timed('installing packages (npm ci)', say, () => npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']));
  const missing = GENERATED.filter((folder) => !existsSync(path.join(ROOT, folder)));
  if (missing.length > 0)
    throw new CannotStart(
      `Generated code is missing (${missing.join(', ')}). It is part of the repository: "git checkout -- ${missing.join(' ')}", or "npm run generate".`,
    );
  if (isProtoNewer())
    await timed('generating code, since proto/ changed', say, () =>
      runQuietly(findNode24(), [path.join(ROOT, 'tools/generate/generate.mjs')]),
    );
  const files = build ? planBuild().reduce((sum, plan) => sum + plan.stale.length + plan.orphans.length, 0) : 0;
  if (files > 0) await timed(`building ${files} files`, say, () => runQuietly(findNode24(), [path.join(ROOT, 'tools/build/build.mjs')]));
}

/** The environment for our Node 24 processes: compiled code is kept between starts. */
export function runtimeEnvironment() {
  return { NODE_COMPILE_CACHE: path.join(CACHE, 'v8'), ...process.env };
}

/** Ends the process with the message of an error: a sentence for what the user can mend, the stack for our own faults. */
export function failWith(error) {
  process.stderr.write(`${error instanceof CannotStart || !(error instanceof Error) ? String(error.message ?? error) : error.stack}\n`);
  process.exit(1);
}
