/** What processes need before they start: the services, the tables, the development key; and how a shell hands the addresses on. */
import { startInfra } from '@switchyard/infra';
import { migrate } from '@switchyard/persistence';
import { type DevKeys, ensureDevKeys } from '@switchyard/platform/auth';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Brings the database up to date, and makes the development key where there is none. */
export async function prepare(postgresUrl: string, keysFolder: string, onProgress: (line: string) => void): Promise<DevKeys> {
  const { applied } = await migrate(postgresUrl, { environment: 'sim' });
  onProgress(applied.length === 0 ? 'database is up to date' : `database migrated: ${applied.join(', ')}`);
  return ensureDevKeys(keysFolder);
}

export interface Services {
  /** A file for the shell's `.` that exports the addresses and the keys; it goes when they stop. */
  readonly environmentFile: string;
  stop(): Promise<void>;
}

/** PostgreSQL, Kafka and Redis as a cluster has them, ready for processes that are started by hand. Throws InfraError or MigrationError. */
export async function startServices(dir: string, onProgress: (line: string) => void, env = process.env): Promise<Services> {
  const infra = await startInfra({ dir, postgres: 'switchyard', kafka: true, redis: true, keepRunning: true, onProgress, env });
  const environmentFile = path.join(dir, 'run', 'services.env');
  const stop = async (): Promise<void> => {
    rmSync(environmentFile, { force: true });
    await infra.stop();
  };
  try {
    const postgresUrl = infra.postgres?.address ?? '';
    const { jwksFile, keyFile } = await prepare(postgresUrl, path.join(dir, 'keys'), onProgress);
    const variables = {
      SWITCHYARD_POSTGRES_URL: postgresUrl,
      SWITCHYARD_KAFKA_BROKERS: infra.kafka?.address ?? '',
      SWITCHYARD_REDIS_URL: infra.redis?.address ?? '',
      SWITCHYARD_JWKS_FILE: jwksFile,
      SWITCHYARD_SERVICE_KEY_FILE: keyFile,
    };
    mkdirSync(path.dirname(environmentFile), { recursive: true });
    writeFileSync(environmentFile, shellLines(variables), { mode: 0o600 });
    return { environmentFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function shellLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
