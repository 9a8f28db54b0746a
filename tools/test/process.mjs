/** Runs one program of a test stage: its output goes to a log, the lines worth seeing to the terminal, and it has a time limit. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { findNode24 } from '../start/node24.mjs';
import { runtimeEnvironment } from '../start/prepare.mjs';
import { CACHE, ROOT } from '../workspace.mjs';

/** What a failed stage shows of its log. */
const SHOWN_CHARACTERS = 20_000;

const running = new Set();

/** Ends what a stage has started, with everything that it has started in turn. */
function endGroup(child, signal) {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of running) endGroup(child, 'SIGTERM');
    process.exit(130);
  });
}

/**
 * Runs Node 24 with the arguments. `progress` picks lines to show while it runs. Resolves with the exit code (124 after the
 * time limit), the log's path and a function that reads the log's end.
 */
export function runNode24(name, args, { progress, timeoutMs = 600_000, env = {} } = {}) {
  const log = path.join(CACHE, 'test', `${name.replaceAll(/[^a-z0-9]+/g, '-')}.log`);
  mkdirSync(path.dirname(log), { recursive: true });
  const sink = createWriteStream(log);
  const bin = path.join(ROOT, 'node_modules/.bin') + path.delimiter + path.dirname(findNode24());
  const child = spawn(findNode24(), args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    env: { ...runtimeEnvironment(), PATH: bin + path.delimiter + process.env['PATH'], FORCE_COLOR: '0', ...env },
  });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      sink.write(`${line}\n`);
      if (progress?.test(line)) process.stdout.write(`    ${line}\n`);
    });
  }
  return new Promise((resolve) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      sink.write(`ended after its limit of ${timeoutMs / 1000} s\n`);
      endGroup(child, 'SIGKILL');
    }, timeoutMs);
    child.on('error', (error) => sink.write(`${error.message}\n`));
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      sink.end(() => resolve({ code: timedOut ? 124 : (code ?? 1), log, tail: () => readFileSync(log, 'utf8').slice(-SHOWN_CHARACTERS) }));
    });
  });
}
