// `switchyard status` while the platform can't answer: it shows what it can see, and what the processes wait for.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { writeRunState } from '@switchyard/client/development';
import { freePort } from '@switchyard/infra';
import { ensureDevKeys } from '@switchyard/platform/auth';
import { runProgram } from './program.js';

const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-status-'));
const waitsFor = "The journal orders can't reach the database.";
// Any process whose command line has the name of our programs counts as one of ours.
const program = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', 'main.js'], { stdio: 'ignore' });
const http = createServer((_, response) => {
  response.statusCode = 503;
  response.end(JSON.stringify({ problems: { orders: waitsFor } }));
}).listen(0, '127.0.0.1');

afterAll(() => {
  program.kill('SIGKILL');
  http.close();
  rmSync(folder, { recursive: true });
});

describe('switchyard status, where sessions and halts can not be read', () => {
  it.each([
    ['a person', []],
    ['a program', ['--json']],
  ])('shows %s the processes and what they wait for, and ends as unavailable', async (_, option) => {
    await Promise.all([program.pid ?? once(program, 'spawn'), http.listening || once(http, 'listening')]);
    const { keyFile } = await ensureDevKeys(path.join(folder, 'keys'));
    const [pid, gateway] = [program.pid ?? 0, `127.0.0.1:${await freePort()}`];
    const httpAddress = `127.0.0.1:${(http.address() as AddressInfo).port}`;
    writeRunState(folder, {
      mode: 'standalone',
      pid,
      environment: 'sim',
      gateways: [gateway],
      page: `http://${httpAddress}/`,
      keysFolder: path.dirname(keyFile),
      processes: [{ name: 'standalone', roles: [], pid, address: gateway, httpAddress }],
    });
    let printed = '';
    const terminal = {
      env: {},
      write: (text: string) => void (printed += text),
      writeError: (text: string) => void (printed += text),
      signal: new AbortController().signal,
      exitCode: 0,
    };
    expect(await runProgram(['--data-folder', folder, '--timeout', '1000', ...option, 'status'], terminal)).toBe(5);
    expect(printed).toContain(waitsFor);
    expect(printed).toContain(gateway);
    expect(printed).toMatch(
      option.length > 0 ? /"problems": \[/ : /the broker sessions can not be seen: .+\n\nthe halts in force can not be seen: .+\n/,
    );
  });
});
