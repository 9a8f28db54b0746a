/** What the tests need beyond Node and npm: a Java and a Maven, for the real Apache Kafka and Redis (tools/infra). */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const JAVA_MAJOR_MIN = 17;
/** The user waits for this check. A Java that is there and slow, on a busy machine, is left to the tests that need it. */
const PATIENCE_MS = 900;

function isOnPath(program) {
  const suffixes = process.platform === 'win32' ? ['.cmd', '.bat', '.exe'] : [''];
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => suffixes.some((suffix) => existsSync(path.join(folder, program + suffix))));
}

/** The major version of the Java on the path; undefined if there is none, Infinity if it does not answer in time. */
function javaMajor() {
  return new Promise((resolve) => {
    const home = process.env['JAVA_HOME'];
    const child = spawn(home ? path.join(home, 'bin', 'java') : 'java', ['-version'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: PATIENCE_MS,
    });
    let printed = '';
    child.stderr.on('data', (chunk) => (printed += chunk));
    child.on('error', () => resolve(undefined));
    child.on('close', (_code, signal) => {
      if (signal !== null) return resolve(Infinity);
      const found = /version "(\d+)(?:\.(\d+))?/.exec(printed);
      resolve(found ? Number(found[1] === '1' ? found[2] : found[1]) : undefined);
    });
  });
}

/** A sentence for each thing that is missing, with the way to get it; none if all is there. */
export async function missingRequirements() {
  const missing = [];
  // Who gives addresses of services that run already needs neither.
  if (process.env['SWITCHYARD_KAFKA_BROKERS'] && process.env['SWITCHYARD_REDIS_URL']) return missing;
  const java = await javaMajor();
  if (java === undefined || java < JAVA_MAJOR_MIN) {
    const found = java === undefined ? 'no Java was found' : `this is Java ${java}`;
    missing.push(
      `Java ${JAVA_MAJOR_MIN} or later runs the Apache Kafka of the tests; ${found}. Debian and Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17.`,
    );
  }
  if (!isOnPath('mvn'))
    missing.push(
      'Maven fetches the jars of Apache Kafka and Redis; no "mvn" is on the path. Debian and Ubuntu: apt-get install maven; macOS: brew install maven.',
    );
  return missing;
}
