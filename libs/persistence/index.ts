// @switchyard/persistence: one Postgres, one schema, one role and one small pool a noun.
export { NOUNS, roleOf, type Noun } from './nouns.js';
export { EnvironmentMismatchError, MigrationError, type EnvironmentName } from './environment.js';
export { migrate, MIGRATIONS_DIR, readMigrations, type MigrateOptions, type MigrateOutcome, type Migration } from './migrate.js';
export { migratedTemplate } from './migrated-template.js';
export { nounPool, type NounPoolOptions } from './noun-pool.js';
export { nounPrisma } from './noun-prisma.js';
export type { PrismaClient } from './generated/client.js';
