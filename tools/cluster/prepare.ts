/** What has to be there before the processes of a simulation start where no starter does it (docker compose): the development key and the tables. */
import { migrate } from '@switchyard/persistence';
import { ensureDevKeys } from '@switchyard/platform/auth';

const usage = `node tools/cluster/dist/prepare.js

Makes the development key in SWITCHYARD_KEYS_FOLDER where there is none, and brings the database at SWITCHYARD_POSTGRES_URL up to date.
`;

async function main(): Promise<void> {
  const { SWITCHYARD_POSTGRES_URL: url, SWITCHYARD_KEYS_FOLDER: folder } = process.env;
  if (process.argv.includes('--help')) return void process.stdout.write(usage);
  if (url === undefined || folder === undefined) throw new Error('SWITCHYARD_POSTGRES_URL and SWITCHYARD_KEYS_FOLDER have to be set');
  await ensureDevKeys(folder);
  const { applied } = await migrate(url, { environment: 'sim' });
  process.stdout.write(`the key is there, ${applied.length} migrations applied\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
