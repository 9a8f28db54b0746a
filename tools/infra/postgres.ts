import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { findRunning, startEmbedded, stopRunning, type Identity, type Launch } from './embedded-service.js';
import { giveTo, packagedNativeDir, postgresDir, preparePostgresHome, type PostgresHome } from './postgres-home.js';
import { freePort } from './processes.js';
import { InfraError, type RunningService, type StartOptions } from './service.js';

/** The superuser of the embedded cluster. */
const SUPERUSER = 'switchyard';

export interface PostgresOptions extends StartOptions {
  /** Created if it is absent. */
  readonly database: string;
  /** Server settings over the defaults below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder with `bin`, `lib` and `share`; the npm package's by default. */
  readonly nativeDir?: string;
}

/** For a small machine, and durable: nothing here trades safety for speed. */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '64MB',
  max_connections: '100',
  max_wal_size: '512MB',
  jit: 'off',
  max_parallel_workers: '0',
  max_parallel_workers_per_gather: '0',
  autovacuum_max_workers: '1',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
};

/** Starts the embedded PostgreSQL: initialises its data once, adopts or ends an orphan, and answers after a real query. */
export async function startPostgres(options: PostgresOptions): Promise<RunningService> {
  const home = preparePostgresHome(options.dataDir, options.nativeDir ?? packagedNativeDir());
  const cluster = path.join(home.dir, 'cluster');
  const passwordFile = path.join(home.dir, 'password');
  if (!existsSync(path.join(cluster, 'PG_VERSION'))) initialise(home, cluster, passwordFile, options.onProgress);
  const password = readFileSync(passwordFile, 'utf8').trim();
  const address = (port: number, database = options.database): string =>
    `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  const launch: Launch = {
    ...identity(home.dir),
    startDeadlineMs: 60_000,
    tooEarly: /pre-existing shared memory block|lock file "postmaster.pid" already exists/,
    address,
    spawn: (port, log) => spawnServer(home, cluster, port, log, { ...SETTINGS, ...options.settings }),
    isReady: async (port, pid) =>
      postmasterPid(cluster)?.pid === pid && (await ensureDatabase(address(port, 'postgres'), options.database)),
  };
  return startEmbedded(launch, options.port ?? (await freePort()), options.shared ?? false);
}

/** Deletes the data of `dataDir`, wherever it is. Refuses while the server runs. */
export function removePostgres(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const dir = postgresDir(realpathSync(dataDir));
  const running = findRunning(identity(dir));
  if (running !== undefined)
    throw new InfraError(`PostgreSQL in ${dir} is running (process ${running.pid}); stop it before its data is removed.`);
  rmSync(dir, { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}

/** Ends the server of `dataDir`, if one runs, by a fast shutdown. */
export async function stopPostgres(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) await stopRunning(identity(postgresDir(realpathSync(dataDir))));
}

function identity(dir: string): Identity {
  const cluster = path.join(dir, 'cluster');
  return { name: 'postgres', dir, commandMark: cluster, stopSignal: 'SIGINT', pausable: false, recorded: () => postmasterPid(cluster) };
}

function spawnServer(
  home: PostgresHome,
  cluster: string,
  port: number,
  log: number,
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return spawn(path.join(home.nativeDir, 'bin', 'postgres'), ['-D', cluster, '-p', String(port), ...flags], {
    ...asUser(home),
    detached: true,
    stdio: ['ignore', log, log],
  });
}

function initialise(home: PostgresHome, cluster: string, passwordFile: string, onProgress?: (line: string) => void): void {
  onProgress?.('creating the PostgreSQL data directory');
  // What an interrupted initialisation left is worth nothing: PG_VERSION is written first, but in a folder that is renamed last.
  const partial = `${cluster}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  giveTo(home.user, partial);
  const password = randomBytes(24).toString('hex');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  giveTo(home.user, passwordFile);
  const result = spawnSync(
    path.join(home.nativeDir, 'bin', 'initdb'),
    [
      '-D',
      partial,
      '-U',
      SUPERUSER,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ],
    { ...asUser(home), encoding: 'utf8' },
  );
  if (result.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new InfraError(`initdb failed in ${home.dir}: ${result.error?.message ?? `${result.stdout}${result.stderr}`.trim()}`);
  }
  renameSync(partial, cluster);
}

function asUser(home: PostgresHome): { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv } {
  const ids = home.user === undefined ? {} : { uid: home.user.uid, gid: home.user.gid };
  return { ...ids, cwd: home.dir, env: { ...process.env, LC_ALL: 'C', HOME: home.dir } };
}

/** PostgreSQL's own pid file: pid in line 1, port in line 4. */
function postmasterPid(cluster: string): { pid: number; port: number } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(port) && port > 0 ? { pid, port } : undefined;
}

async function ensureDatabase(adminUrl: string, database: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`).catch((error: { code?: string }) => {
        // Another process of the same test run was quicker.
        if (error.code !== '42P04' && error.code !== '23505') throw error;
      });
    }
    return true;
  } finally {
    await client.end();
  }
}
