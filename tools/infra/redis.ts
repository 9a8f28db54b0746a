import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startEmbedded, stopRunning, type Identity, type Launch } from './embedded-service.js';
import { installed } from './maven.js';
import { ask } from './probe.js';
import { freePort } from './processes.js';
import { InfraError, type RunningService, type StartOptions } from './service.js';

export type RedisOptions = StartOptions;

/** Starts a Redis that keeps nothing on disk: it holds only ticks, and losing it changes no outcome. */
export async function startRedis(options: RedisOptions): Promise<RunningService> {
  const binary = redisBinary(options.onProgress);
  mkdirSync(options.dataDir, { recursive: true });
  const dir = realpathSync(options.dataDir);
  const configFile = path.join(dir, 'redis.conf');
  const port = options.port ?? (await freePort());
  const launch: Launch = {
    ...identity(dir),
    startDeadlineMs: 20_000,
    address: (at) => `redis://127.0.0.1:${at}`,
    spawn: (at, log) => {
      writeFileSync(configFile, redisConfig(dir, at));
      return spawn(binary, [configFile], { cwd: dir, detached: true, stdio: ['ignore', log, log] });
    },
    isReady: (at) => worksIn(dir, at),
  };
  return startEmbedded(launch, port, options.shared ?? false);
}

/** Ends the Redis of `dataDir`, if one runs. */
export async function stopRedis(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) await stopRunning(identity(realpathSync(dataDir)));
}

function identity(dir: string): Identity {
  return { name: 'redis', dir, commandMark: path.join(dir, 'redis.conf'), stopSignal: 'SIGTERM', pausable: true };
}

function redisConfig(dir: string, port: number): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${dir}"`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    // Redis rewrites its command line; the file's name in it is what tells our process from another Redis.
    'proc-title-template "redis-server {listen-addr} {config-file}"',
  ];
  return `${lines.join('\n')}\n`;
}

/** The system's redis-server if it has one, else the one that the jar carries for this platform. */
function redisBinary(onProgress?: (line: string) => void): string {
  if (spawnSync('redis-server', ['--version']).status === 0) return 'redis-server';
  const dir = installed('redis', onProgress);
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const file = readdirSync(dir).find((name) => name.endsWith(`-${platform}`));
  if (file === undefined)
    throw new InfraError(`There is no Redis for ${platform} here: install redis-server, or set SWITCHYARD_REDIS_URL.`);
  const binary = path.join(dir, file);
  chmodSync(binary, 0o755);
  return binary;
}

/** True if the server answers and its working directory is ours: a foreign Redis may have the port by now. */
function worksIn(dir: string, port: number): Promise<boolean> {
  return ask(port, Buffer.from('CONFIG GET dir\r\n'), (answer) => {
    const lines = answer.toString('utf8').split('\r\n');
    return lines.length < 6 ? undefined : lines[4] === dir;
  });
}
