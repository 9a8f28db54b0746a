/** Prisma's schema engine as WebAssembly over pg: what `prisma migrate` does, without its downloaded binary. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { ROOT } from '../workspace.mjs';

export const PRISMA_DIR = path.join(ROOT, 'libs/persistence/prisma');
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** PostgreSQL's type "char" (not char(n)), which its catalogs use and the adapter does not know. */
const CHAR_OID = 18;
const TEXT_OID = 25;
/** The adapter's column types (driver-adapter-utils, ColumnTypeEnum). */
const COLUMN_CHARACTER = 6;
const COLUMN_TEXT = 7;

/** An engine on one database; `close()` ends its connections. */
export async function openSchemaEngine(databaseUrl) {
  // The engine calls this global when it panics; without it the message is lost.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => process.stderr.write(`schema engine: ${message}\n`) };
  const { SchemaEngine } = await import('@prisma/schema-engine-wasm');
  const factory = new CatalogFactory({ connectionString: databaseUrl, Client: CatalogClient, max: 2 });
  const engine = await SchemaEngine.new(
    { datamodels: schemaFiles().map(({ path: file, content }) => [file, content]) },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
  return {
    /** The SQL that leads from the database's tables to the schema files; '' if they agree. */
    async diff() {
      const files = schemaFiles();
      const from = { tag: 'schemaDatasource', files, configDir: PRISMA_DIR };
      const to = { tag: 'schemaDatamodel', files };
      const result = await engine.diff({ from, to, script: true, shadowDatabaseUrl: null, exitCode: true, filters: NO_FILTERS });
      return result.exitCode === 0 ? '' : result.stdout;
    },
    /** What `prisma migrate status` says: `history` is null if the database has exactly the migrations of the folder. */
    status: () => engine.diagnoseMigrationHistory({ migrationsList: migrationsList(), optInToShadowDatabase: false, filters: NO_FILTERS }),
    async close() {
      engine.free();
      await factory.close();
    },
  };
}

function schemaFiles() {
  const dir = path.join(PRISMA_DIR, 'schema');
  const names = readdirSync(dir).filter((name) => name.endsWith('.prisma'));
  return names.sort().map((name) => ({ path: path.join(dir, name), content: readFileSync(path.join(dir, name), 'utf8') }));
}

function migrationsList() {
  const baseDir = path.join(PRISMA_DIR, 'migrations');
  const file = (name) => readFileSync(path.join(baseDir, name, 'migration.sql'), 'utf8');
  const folders = readdirSync(baseDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(path.join(baseDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: folders.map(({ name }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: file(name) } },
    })),
  };
}

/** Reads "char" columns as text, and remembers on the result which they were. */
class CatalogClient extends pg.Client {
  query(...args) {
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      args[args.length - 1] = (error, result) => callback(error, withTextForChar(result));
      return super.query(...args);
    }
    const pending = super.query(...args);
    return typeof pending?.then === 'function' ? pending.then(withTextForChar) : pending;
  }
}

/** Names of the "char" columns that were seen. A catalog's column of that name has that type wherever it is selected. */
const charColumns = new Set();

function withTextForChar(result) {
  for (const field of result?.fields ?? []) {
    if (field.dataTypeID !== CHAR_OID) continue;
    field.dataTypeID = TEXT_OID;
    charColumns.add(field.name);
  }
  return result;
}

/** Hands the "char" columns on to the engine as characters. */
class CatalogFactory extends PrismaPg {
  adapters = [];

  async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      result.columnNames.forEach((name, index) => {
        if (charColumns.has(name) && result.columnTypes[index] === COLUMN_TEXT) result.columnTypes[index] = COLUMN_CHARACTER;
      });
      return result;
    };
    this.adapters.push(adapter);
    return adapter;
  }

  async close() {
    await Promise.all(this.adapters.map((adapter) => adapter.dispose()));
  }
}
