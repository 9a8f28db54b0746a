import { createHash } from 'node:crypto';
import { grantsChecksum } from './grants.js';
import { migrate, MIGRATIONS_DIR, readMigrations } from './migrate.js';

/** For `testDatabase()` of the test kit: a database with every migration and the nouns' rights, stamped `sim`. */
export function migratedTemplate(): { key: string; prepare(url: string): Promise<void> } {
  const hash = createHash('sha256').update(grantsChecksum());
  for (const { name, checksum } of readMigrations(MIGRATIONS_DIR)) hash.update(`${name} ${checksum}\n`);
  return {
    key: hash.digest('hex'),
    prepare: async (url) => void (await migrate(url, { environment: 'sim' })),
  };
}
