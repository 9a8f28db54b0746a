// `npm start` as people end and misuse it: whatever they do, no database is left behind, and what is refused changed nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { isAlive } from '@switchyard/infra';
import { eventually } from '@switchyard/testkit';

jest.setTimeout(120_000);

const program = path.join(import.meta.dirname, '../apps/standalone/dist/main.js');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-start-'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  for (const made of [databaseFolder(), folder]) rmSync(made, { recursive: true, force: true });
});

class Started {
  printed = '';
  readonly #child: ChildProcess;

  constructor(env: Record<string, string> = {}, args: readonly string[] = [], command: readonly string[] = [program]) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(SWITCHYARD|ORDERS|RISK|MATCHING)_|^ROLES$/.test(name));
    child = this.#child = spawn(process.execPath, [...command, ...args], {
      // A group of its own, as a shell gives to what it runs.
      detached: command === byStarter,
      env: {
        ...Object.fromEntries(inherited),
        NODE_OPTIONS: '',
        SWITCHYARD_DATA_FOLDER: folder,
        SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0',
        SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk) => (this.printed += String(chunk)));
  }

  async line(text: string): Promise<void> {
    await eventually(() => this.printed.includes(text), { timeoutMs: 90_000, what: `"${text}" is printed; so far: ${this.printed}` });
  }

  /** As when the program at the other end of the pipe, or the terminal, went first. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As Ctrl-C on a terminal: to every process of the group at once. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-(this.#child.pid as number), signal);
  }

  async end(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

/** As "npm start" does: by a process that starts the program and passes signals on. */
const byStarter = [
  '--input-type=module',
  '-e',
  `import { becomeNode24 } from ${JSON.stringify(pathToFileURL(path.join(import.meta.dirname, '../tools/start/node24.mjs')).href)};
   becomeNode24([${JSON.stringify(program)}]);`,
];

/** Where PostgreSQL has its files: elsewhere if the folder is one that its user can't enter. */
function databaseFolder(): string {
  const own = path.join(folder, 'postgres');
  const moved = path.join(own, 'moved-to');
  return existsSync(moved) ? readFileSync(moved, 'utf8').trim() : own;
}

/** The pid of the PostgreSQL of this folder, as its state file says. */
function databasePid(): number | undefined {
  const file = path.join(databaseFolder(), 'running.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid : undefined;
}

describe('npm start, ended', () => {
  it.each([
    ['Ctrl-C while the data directory is created', 'creating the PostgreSQL data directory', 'SIGINT', false],
    ['Ctrl-C once the code is loaded', 'code loaded', 'SIGINT', false],
    ['Ctrl-C when the reader of its output went first', 'code loaded', 'SIGINT', true],
    ['a terminal that is closed', 'PostgreSQL started', 'SIGHUP', true],
  ] as const)('by %s leaves no database running', async (_how, at, signal, closesOutput) => {
    const started = new Started();
    await started.line(at);
    const pids = new Set([databasePid()]);
    if (closesOutput) started.closeOutput();
    started.kill(signal);
    await started.end();
    pids.add(databasePid());
    for (const pid of pids) if (pid !== undefined) expect({ pid, alive: isAlive(pid) }).toEqual({ pid, alive: false });
    // What the first one began, the next one finishes.
    const next = new Started();
    await next.line('every role is ready');
    const pid = databasePid();
    expect(pid !== undefined && isAlive(pid)).toBe(true);
    next.kill('SIGTERM');
    expect(await next.end()).toBe(0);
    expect(isAlive(pid as number)).toBe(false);
  });
});

describe('npm start, ended', () => {
  it('by Ctrl-C with standard input that is no terminal, which reaches the program twice: stops in order', async () => {
    const started = new Started({}, [], byStarter);
    await started.line('every role is ready');
    const pid = databasePid() as number;
    started.killGroup('SIGINT');
    expect(await started.end()).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('while it waits for the venue: does not say that it is ready', async () => {
    mkdirSync(path.join(folder, 'venue'));
    // As another process that holds the venue's folder.
    const lock = new DatabaseSync(path.join(folder, 'venue', 'lock'));
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    try {
      const started = new Started();
      await started.line('The venue waits for its folder');
      started.kill('SIGINT');
      expect(await started.end()).toBe(0);
      expect(started.printed).toContain('stopping');
      expect(started.printed).not.toContain('every role is ready');
      expect(existsSync(path.join(folder, 'run', 'standalone.json'))).toBe(false);
    } finally {
      lock.close();
    }
  });
});

describe('npm start, refused', () => {
  it('for a setting that no role knows: said at once, and no database is migrated', async () => {
    const started = new Started({ ORDERS_FOO: '1' });
    expect(await started.end()).toBe(1);
    expect(started.printed).toContain('ORDERS_FOO');
    expect(started.printed).not.toContain('migrated');
    expect(databasePid()).toBeUndefined();
  });

  it('as live without keys and certificates: the folder is not stamped, and serves a simulation afterwards', async () => {
    const live = new Started({ SWITCHYARD_ENVIRONMENT: 'live' });
    expect(await live.end()).toBe(1);
    expect(live.printed).toContain('SWITCHYARD_JWKS_FILE or SWITCHYARD_JWKS_URL is missing');
    const sim = new Started();
    await sim.line('every role is ready');
    sim.kill('SIGTERM');
    expect(await sim.end()).toBe(0);
  });

  it('for an option that there is not: with the way to those that there are', async () => {
    const started = new Started({}, ['--print-confg']);
    expect(await started.end()).toBe(1);
    expect(started.printed).toContain('There is no option --print-confg. "npm start -- --help" tells which there are.');
  });

  it.each(['SWITCHYARD_GRPC_LISTEN', 'SWITCHYARD_HTTP_LISTEN'])(
    'for a port that is taken: %s is named, and no database is left',
    async (variable) => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const started = new Started({ [variable]: `127.0.0.1:${port}` });
      expect(await started.end()).toBe(1);
      server.close();
      expect(started.printed).toContain(`can't listen on 127.0.0.1:${port}`);
      expect(started.printed).toContain(`set ${variable} to another address`);
      expect(started.printed).not.toMatch(/\n\s+at /);
      expect(databasePid()).toBeUndefined();
    },
  );
});

describe('npm start -- --print-config', () => {
  it('tells what the program itself reads, too', async () => {
    const started = new Started({}, ['--print-config']);
    expect(await started.end()).toBe(0);
    expect(started.printed).toContain(`SWITCHYARD_DATA_FOLDER=${folder}`);
  });

  it.each([
    ['the folders in the data folder, and less on the terminal', {}, ['venue', 'keys', 'warn', 'pretty']],
    [
      'the same where a variable is empty',
      { MATCHING_FOLDER: '', SWITCHYARD_KEYS_FOLDER: '', SWITCHYARD_LOG_LEVEL: '' },
      ['venue', 'keys', 'warn', 'pretty'],
    ],
    ['what is set, before that', { MATCHING_FOLDER: '/v', SWITCHYARD_LOG_LEVEL: 'debug' }, ['/v', 'keys', 'debug', 'pretty']],
  ])('tells what is in force: %s', async (_what, variables, [venue = '', keys = '', level, format]) => {
    const started = new Started(variables as Record<string, string>, ['--print-config']);
    expect(await started.end()).toBe(0);
    expect(started.printed.split('\n')).toEqual(
      expect.arrayContaining([
        `MATCHING_FOLDER=${path.resolve(folder, venue)}`,
        `SWITCHYARD_KEYS_FOLDER=${path.resolve(folder, keys)}`,
        `SWITCHYARD_LOG_LEVEL=${level}`,
        `SWITCHYARD_LOG_FORMAT=${format}`,
      ]),
    );
  });
});

describe('node apps/standalone/dist/main.js --help', () => {
  it('is its usage, and starts nothing', async () => {
    const started = new Started({}, ['--help']);
    expect(await started.end()).toBe(0);
    expect(started.printed).toContain('--print-config');
    expect(started.printed).not.toContain('PostgreSQL started');
    expect(existsSync(path.join(folder, 'postgres'))).toBe(false);
  });
});

describe('a program of ours, asked for an option that there is not', () => {
  it.each([
    'apps/order-gateway/dist/main.js',
    'apps/cli/dist/demo/main.js',
    'tools/cluster/dist/main.js',
    'chaos/dist/main.js',
    'bench/dist/compare-engines.js',
  ])('refuses it without a stack: %s', async (file) => {
    const started = new Started({}, ['--foo'], [path.join(import.meta.dirname, '..', file)]);
    expect(await started.end()).toBe(1);
    expect(started.printed).toContain('--foo');
    expect(started.printed).not.toMatch(/\n\s+at /);
  });
});

describe('prepare.js, with an address that leads nowhere', () => {
  it.each([
    [
      'empty',
      { SWITCHYARD_POSTGRES_URL: '', SWITCHYARD_KEYS_FOLDER: '' },
      /^SWITCHYARD_POSTGRES_URL is not set, or empty: set it to .*\nSWITCHYARD_KEYS_FOLDER is not set, or empty/,
    ],
    [
      'where nobody listens',
      { SWITCHYARD_POSTGRES_URL: 'postgres://u:secret@127.0.0.1:1/orders' },
      /^The database "orders" at 127\.0\.0\.1:1 can't be reached: .*ECONNREFUSED.*SWITCHYARD_POSTGRES_URL names it/,
    ],
  ])('says what to set: %s', async (_what, variables, sentence) => {
    const prepare = path.join(import.meta.dirname, '../tools/cluster/dist/prepare.js');
    const started = new Started({ SWITCHYARD_KEYS_FOLDER: path.join(folder, 'keys'), ...variables }, [], [prepare]);
    expect(await started.end()).toBe(1);
    expect(started.printed).toMatch(sentence);
    expect(started.printed).not.toMatch(/\n\s+at |secret/);
  });
});

describe('npm start, begun', () => {
  it('prints its topology: a line a role', async () => {
    const started = new Started();
    await started.line('every role is ready');
    expect(started.printed).toMatch(/order-gateway {2}serves orders\.v1\.OrderService.* calls .*risk\.v1\.RiskService:local/);
    for (const role of ['risk-engine', 'broker-connector', 'matching-engine', 'position-tracker', 'instrument-loader', 'market-data'])
      expect(started.printed).toMatch(new RegExp(`${role} {2}(serves|calls|reads|publishes) `));
    started.kill('SIGTERM');
    expect(await started.end()).toBe(0);
  });
});
