import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InfraError } from './service.js';

/** Has the `pom.xml` and `checksums.txt` of each service; the build copies them beside the compiled code. */
const PACKAGE_DIR = import.meta.dirname;

/**
 * The files that `<what>/pom.xml` asks Maven for, in the user's cache (`XDG_CACHE_HOME`, else `~/.cache`). The first call
 * downloads them, checks each against the committed `<what>/checksums.txt` (SHA-256) and only then puts them in place.
 */
export function installed(what: 'kafka' | 'redis', onProgress?: (line: string) => void): string {
  const sumsFile = path.join(PACKAGE_DIR, what, 'checksums.txt');
  const sums = readFileSync(sumsFile, 'utf8');
  const cache = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'switchyard');
  // Named after the checksums, so that another version of the list never meets the files of this one.
  const target = path.join(cache, `${what}-${createHash('sha256').update(sums).digest('hex').slice(0, 12)}`);
  if (existsSync(target)) return target;
  onProgress?.(`fetching ${what === 'kafka' ? 'Apache Kafka' : 'Redis'} through Maven (once)`);
  const partial = `${target}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    runMaven(path.join(PACKAGE_DIR, what, 'pom.xml'), partial);
    rmSync(path.join(partial, '.markers'), { recursive: true, force: true });
    verify(partial, sums, sumsFile);
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Two processes may have begun at once; whichever came first did the same work.
    if (!existsSync(target)) throw error;
  }
  return target;
}

function runMaven(pom: string, outputDirectory: string): void {
  const result = spawnSync('mvn', ['-q', '-B', '-f', pom, 'package', `-DoutputDirectory=${outputDirectory}`], { encoding: 'utf8' });
  if (result.error !== undefined) {
    throw new InfraError(`Maven (mvn) can't be run: ${result.error.message}. Install Maven 3.6 or later (Debian: apt-get install maven).`);
  }
  if (result.status !== 0) throw new InfraError(`mvn -f ${pom} package failed: ${`${result.stdout}${result.stderr}`.trim().slice(-2_000)}`);
}

/** Throws unless `dir` has every file that `sums` lists, with its checksum, and no other. */
function verify(dir: string, sums: string, sumsFile: string): void {
  const lines = sums.trim().split('\n');
  const unlisted = readdirSync(dir).filter((file) => !lines.some((line) => line.endsWith(` ${file}`)));
  if (unlisted.length > 0) throw new InfraError(`Maven brought ${unlisted.join(', ')}, which ${sumsFile} does not list.`);
  for (const line of lines) {
    const [expected, file] = line.split(/\s+/) as [string, string];
    const full = path.join(dir, file);
    if (!existsSync(full)) throw new InfraError(`Maven brought no ${file}, which ${sumsFile} lists.`);
    const found = createHash('sha256').update(readFileSync(full)).digest('hex');
    if (found !== expected) throw new InfraError(`${file} has SHA-256 ${found}, but ${sumsFile} says ${expected}. It was not installed.`);
  }
}
