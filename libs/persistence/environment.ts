/** The two kinds of deployment. Each database belongs to one of them for ever. */
export type EnvironmentName = 'sim' | 'live';

/** The database belongs to the other environment than the process that opened it. */
export class EnvironmentMismatchError extends Error {
  override readonly name = 'EnvironmentMismatchError';
  readonly stamped: string;
  readonly expected: EnvironmentName;

  constructor(database: string, stamped: string, expected: EnvironmentName) {
    super(
      `The database ${database} was stamped "${stamped}" at its first migration, but this process runs as "${expected}". ` +
        `Point it to the ${expected} database, or start it with the environment ${stamped}. A stamp is never changed.`,
    );
    this.stamped = stamped;
    this.expected = expected;
  }
}

/** The migrations in the folder and those in the database can't both be right; nothing was changed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}
