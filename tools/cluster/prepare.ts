/** What has to be there before the processes of a simulation start where no starter does it (docker compose): the development key and the tables. */
import { prepare } from './services.js';

const usage = `node tools/cluster/dist/prepare.js

Makes the development key in SWITCHYARD_KEYS_FOLDER where there is none, and brings the database at SWITCHYARD_POSTGRES_URL up to date.
`;

const needed = {
  SWITCHYARD_POSTGRES_URL: 'to the address of a PostgreSQL, postgres://user:password@host:5432/switchyard',
  SWITCHYARD_KEYS_FOLDER: 'to a folder for the development key, for example .switchyard/keys',
} as const;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(usage);
  const { SWITCHYARD_POSTGRES_URL: url = '', SWITCHYARD_KEYS_FOLDER: folder = '' } = process.env;
  const missing = Object.entries(needed).filter(([name]) => !process.env[name]);
  if (missing.length > 0) throw new Error(missing.map(([name, to]) => `${name} is not set, or empty: set it ${to}`).join('\n'));
  await prepare(url, folder, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write('the key is there\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
