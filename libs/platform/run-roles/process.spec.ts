import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signToken } from '../auth/index.js';
import { type SpanLine } from '../telemetry/index.js';

const root = path.resolve(import.meta.dirname, '../../..');
const main = path.join(root, 'libs/platform/dist/testing/example-main.js');

/** A process as it runs in production, from the build, and what it wrote. */
class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly exit: Promise<number | string | null>;

  constructor(folder: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    const own = {
      PATH: '/usr/bin',
      SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0',
      SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0',
      SWITCHYARD_KEYS_FOLDER: folder,
    };
    this.child = spawn(process.execPath, [main, ...args], { env: { ...own, ...env } });
    this.child.stdout?.on('data', (text) => (this.stdout += String(text)));
    this.child.stderr?.on('data', (text) => (this.stderr += String(text)));
    this.exit = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(code ?? signal)));
  }

  get lines(): { msg: string; level: string; err?: { message: string } }[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg: string; level: string });
  }

  async ready(): Promise<string> {
    await eventually(() => this.lines.some(({ msg }) => msg.startsWith('ready after')), { what: `the line ready; stderr: ${this.stderr}` });
    return /HTTP on (http:[\d./:]+)/.exec(this.stdout)?.[1] ?? '';
  }
}

/** A zombie, which nobody may reap here, has ended. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z/.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '');
  } catch {
    return false;
  }
}

describe('a process', () => {
  let folder: string;
  const programs: Program[] = [];
  const start = (args?: readonly string[], env?: Record<string, string>) => {
    const program = new Program(folder, args, env);
    programs.push(program);
    return program;
  };

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'switchyard-process-'));
    execFileSync(process.execPath, ['tools/build/build.mjs', 'libs/kernel', 'libs/contracts', 'libs/platform'], { cwd: root });
  }, 300_000);
  afterEach(async () => {
    for (const { child } of programs) child.kill('SIGKILL');
    await Promise.all(programs.splice(0).map(({ exit }) => exit));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function call(http: string, key: string): Promise<Response> {
    const signing = JSON.parse(readFileSync(path.join(folder, 'dev-key.json'), 'utf8')) as never;
    const token = signToken(signing, { sub: 'app', environment: 'sim', roles: [] }, Date.now(), 60_000);
    return fetch(`${http}/ask/${key}`, { headers: { authorization: `Bearer ${token}` } });
  }

  it('prints its topology, one line a role, before it starts anything', async () => {
    const program = start();
    await program.ready();
    expect(program.lines.slice(0, 2).map(({ msg }) => msg)).toEqual([
      'order-gateway  serves test.v1.EchoService  publishes orders.v1',
      'risk-engine  calls test.v1.EchoService:local',
    ]);
  });

  it.each(['--help', '-h'])('answers %s with its options, and starts nothing', async (option) => {
    const program = start([option], { SWITCHYARD_FOO: 'a setting that would be refused' });
    expect(await program.exit).toBe(0);
    expect(program.stdout).toContain('--print-config');
    expect(program.lines).toEqual([]);
  });

  it('refuses an option that there is not, before it complains of anything else', async () => {
    const program = start(['--print-confg'], { SWITCHYARD_FOO: 'a setting that would be refused' });
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe('There is no option --print-confg. --help tells which there are.\n');
  });

  it('finishes the calls in flight on SIGTERM, and ends with 0', async () => {
    const program = start();
    const http = await program.ready();
    const slow = call(http, 'slow');
    await eventually(() => program.stderr.includes('a slow call begins'), { what: 'the call to be under way' });
    program.child.kill('SIGTERM');
    expect((await slow).status).toBe(200);
    expect(await program.exit).toBe(0);
    expect(program.lines.at(-1)?.msg).toBe('stopped');
  });

  it('ends in order when the program that started it is killed, with nobody to read what it prints', async () => {
    const log = path.join(folder, 'pid');
    const starter = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { spawn } from 'node:child_process';
         import { writeFileSync } from 'node:fs';
         const child = spawn(process.execPath, [${JSON.stringify(main)}], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
         let printed = '';
         child.stdout.on('data', (text) => {
           printed += text;
           if (printed.includes('ready after')) writeFileSync(${JSON.stringify(log)}, String(child.pid));
         });`,
      ],
      {
        env: {
          PATH: '/usr/bin',
          SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0',
          SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0',
          SWITCHYARD_KEYS_FOLDER: folder,
        },
        stdio: 'ignore',
      },
    );
    await eventually(() => existsSync(log) && readFileSync(log, 'utf8') !== '', { what: 'the process is ready' });
    const pid = Number(readFileSync(log, 'utf8'));
    starter.kill('SIGKILL');
    await eventually(() => !runs(pid), { what: `the end of process ${pid}` });
  });

  it('names what hangs when its shutdown takes too long, and ends with 1', async () => {
    const program = start(['--hang'], { SWITCHYARD_SHUTDOWN_MS: '1000' });
    await program.ready();
    program.child.kill('SIGINT');
    expect(await program.exit).toBe(1);
    expect(program.lines.at(-1)).toMatchObject({ level: 'fatal', msg: 'the shutdown hangs at: order-gateway answers' });
  });

  it('ends with 1 on an error that nobody caught, after it was logged', async () => {
    const program = start();
    const http = await program.ready();
    await call(http, 'crash').catch(() => undefined);
    expect(await program.exit).toBe(1);
    expect(program.lines.at(-1)).toMatchObject({ level: 'fatal', msg: 'uncaughtException', err: { message: 'nobody catches this' } });
  });

  it('continues a trace in the process that it calls, parent to child', async () => {
    const env = { SWITCHYARD_TRACE_FILE: path.join(folder, 'spans') };
    const answers = start(['--only=order-gateway'], env);
    await answers.ready();
    const address = /gRPC on ([\d.:]+)/.exec(answers.stdout)?.[1] ?? '';
    const asks = start(['--only=risk-engine'], { ...env, SWITCHYARD_PEERS: `order-gateway=${address}` });
    expect((await call(await asks.ready(), 'four')).status).toBe(200);
    for (const { child, exit } of [asks, answers]) {
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    }
    const lines = readFileSync(env.SWITCHYARD_TRACE_FILE, 'utf8').trim().split('\n');
    const spans = lines.map((line) => JSON.parse(line) as SpanLine);
    const [client, server] = ['risk-engine', 'order-gateway'].map((name) => spans.find((span) => span.process === name));
    expect(spans.map((span) => span.name)).toEqual(['test.v1.EchoService/Ask', 'test.v1.EchoService/Ask']);
    expect(client?.parentSpanId).toBe('');
    expect(server).toMatchObject({ traceId: client?.traceId, parentSpanId: client?.spanId });
  });

  it('prints what is effective with --print-config, without the password', async () => {
    const program = start(['--print-config'], { SWITCHYARD_POSTGRES_URL: 'postgresql://me:hunter2@host/db' });
    expect(await program.exit).toBe(0);
    expect(program.stdout).toContain('SWITCHYARD_POSTGRES_URL=postgresql://me:[secret]@host/db\n');
    expect(program.stdout).toContain('ANSWERS_FACTOR=1\n');
  });

  it('tells all that is wrong with its configuration, and ends with 1', async () => {
    const program = start([], { ANSWERS_FACTOR: '0', SWITCHYARD_LOG_LEVEL: 'loud', SWITCHYARD_PORT: '1' });
    expect(await program.exit).toBe(1);
    expect(program.stderr.split('\n')).toEqual([
      'the configuration has 3 problems:',
      '  ANSWERS_FACTOR must be from 1 to 100',
      '  SWITCHYARD_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
      '  SWITCHYARD_PORT is not a variable of ours: remove it, or write it as docs/configuration.md does',
      '',
    ]);
  });
});
