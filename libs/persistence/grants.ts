import { createHash } from 'node:crypto';
import { NOUNS, roleOf, type Noun } from './nouns.js';

/**
 * What gives each noun's role its rights: to see and change rows in its own schema, and nothing else; no role may create,
 * alter or drop anything. The environment's stamp is for all to read. May run any number of times.
 */
export function grantStatements(): string {
  return [...NOUNS.map(grantsOf), 'REVOKE CREATE ON SCHEMA public FROM PUBLIC;', ...NOUNS.map(stampGrant)].join('\n');
}

/** Tells whether a database was given its rights by these statements or by older ones. */
export function grantsChecksum(): string {
  return createHash('sha256').update(grantStatements()).digest('hex');
}

function grantsOf(noun: Noun): string {
  const role = roleOf(noun);
  const rows = 'SELECT, INSERT, UPDATE, DELETE';
  const sequences = 'USAGE, SELECT';
  // Roles belong to the whole server, so two databases that migrate at once may both try: who comes second has nothing to do.
  return `
DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN EXECUTE format('GRANT ${role} TO %I', current_user); EXCEPTION WHEN invalid_grant_operation OR unique_violation OR internal_error THEN NULL; END $$;
GRANT USAGE ON SCHEMA ${noun} TO ${role};
GRANT ${rows} ON ALL TABLES IN SCHEMA ${noun} TO ${role};
GRANT ${sequences} ON ALL SEQUENCES IN SCHEMA ${noun} TO ${role};
ALTER DEFAULT PRIVILEGES IN SCHEMA ${noun} GRANT ${rows} ON TABLES TO ${role};
ALTER DEFAULT PRIVILEGES IN SCHEMA ${noun} GRANT ${sequences} ON SEQUENCES TO ${role};`;
}

function stampGrant(noun: Noun): string {
  return `GRANT USAGE ON SCHEMA platform TO ${roleOf(noun)};\nGRANT SELECT ON platform.environment TO ${roleOf(noun)};`;
}
