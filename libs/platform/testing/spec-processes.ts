// Roles as processes on a real database, for the specs of a noun: each listens on free ports, and all of them share the keys of one folder.
import { testDatabase, type DatabaseTemplate, type TestDatabase } from '@switchyard/testkit/services';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { signToken } from '../auth/index.js';
import { type Role, type RunningProcess, runRoles, type RunOptions } from '../run-roles/index.js';
import { had } from './outcomes.js';

const tokenMs = 60_000;

export class SpecProcesses {
  /** Keys of all processes. */
  readonly folder: string;
  readonly #running: RunningProcess[] = [];
  #database: TestDatabase | undefined;
  #admin: pg.Pool | undefined;

  /** @param name of the noun, for the folder. */
  constructor(
    name: string,
    private readonly given: { readonly template: DatabaseTemplate; readonly nounPool: NonNullable<RunOptions['nounPool']> },
  ) {
    this.folder = mkdtempSync(path.join(tmpdir(), `switchyard-${name}-`));
  }

  /** The database, empty but for its tables. */
  async open(): Promise<void> {
    this.#database = await testDatabase(this.given.template);
    this.#admin = new pg.Pool({ connectionString: this.#database.url, max: 2 });
  }

  get databaseUrl(): string {
    return had(this.#database).url;
  }

  get admin(): pg.Pool {
    return had(this.#admin);
  }

  async run(roles: readonly Role[], env: Readonly<Record<string, string>>): Promise<RunningProcess> {
    const listen = { SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0', SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0' };
    const process = await runRoles(roles, {
      nounPool: this.given.nounPool,
      env: { ...listen, SWITCHYARD_KEYS_FOLDER: this.folder, SWITCHYARD_LOG_LEVEL: 'silent', ...env },
    });
    this.#running.push(process);
    return process;
  }

  async stop(process: RunningProcess): Promise<void> {
    this.#running.splice(this.#running.indexOf(process), 1);
    await process.stop();
  }

  /** The last one that was started first. */
  async stopAll(): Promise<void> {
    for (const process of this.#running.splice(0).reverse()) await process.stop();
  }

  /** A person's token. */
  token(roles: readonly string[], accounts: Readonly<Record<string, readonly string[]>> = {}): string {
    const key = JSON.parse(readFileSync(path.join(this.folder, 'dev-key.json'), 'utf8')) as never;
    return signToken(key, { sub: 'olga', environment: 'sim', roles, accounts }, Date.now(), tokenMs);
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.#admin?.end();
    await this.#database?.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
