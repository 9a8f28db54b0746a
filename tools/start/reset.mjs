/** `npm run reset`: empties `.switchyard/`. Refuses while the platform runs from it; ends what a killed run left. Plain JavaScript that runs on Node 20. */
import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { helpIfAsked } from '../help.mjs';
import { DEFAULT_FOLDER, dataFolderOf } from './data-folder.mjs';
import { becomeNode24 } from './node24.mjs';
import { CannotStart, failWith } from './prepare.mjs';

const USAGE = `npm run reset

Deletes everything that "npm start" and "npm run cluster" keep in .switchyard/, or in SWITCHYARD_DATA_FOLDER: the database, the paper venue's log,
the logs, the development key. Files of others in that folder stay. Refuses while one of them runs. It takes no options.
`;

/** What Switchyard makes in its folder. */
const OWN = ['bench', 'kafka', 'keys', 'logs', 'postgres', 'redis', 'run', 'venue'];
/** Names like these only Switchyard makes: a folder that a variable points to by mistake has none of them. */
const MARKS = ['keys/dev-key.json', 'postgres/cluster', 'postgres/moved-to', 'run/standalone.json', 'run/cluster.json', 'venue/lock'];

/** True while the process runs and is a program of ours. */
function isOurs(pid) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.js');
  } catch {
    return false;
  }
}

/** What runs from the folder: the program that was started, or what it left behind when it was killed. */
function runningPlatforms(folder) {
  const run = path.join(folder, 'run');
  const files = existsSync(run) ? readdirSync(run).filter((file) => file.endsWith('.json')) : [];
  return files.flatMap((file) => {
    const { mode, pid, processes = [] } = JSON.parse(readFileSync(path.join(run, file), 'utf8'));
    const alive = [pid, ...processes.map((process) => process.pid)].find((one) => one > 0 && isOurs(one));
    return alive === undefined ? [] : [{ mode, pid: alive, isLeft: alive !== pid }];
  });
}

async function reset(folder) {
  if (!existsSync(folder) || readdirSync(folder).length === 0) {
    process.stdout.write('there is nothing to reset\n');
    return tellElsewhere(folder);
  }
  if (folder !== DEFAULT_FOLDER && !MARKS.some((mark) => existsSync(path.join(folder, mark))))
    throw new CannotStart(
      `${folder} is no data folder of Switchyard. Nothing was deleted. Does SWITCHYARD_DATA_FOLDER name the right one?`,
    );
  const [running] = runningPlatforms(folder);
  if (running)
    throw new CannotStart(
      `Switchyard runs from ${folder} (${running.mode}, process ${running.pid}). ${running.isLeft ? 'Its starter was killed, so it ends by itself within seconds: try again then.' : 'Stop it first: Ctrl-C where it was started.'}`,
    );
  const { importSource } = await import('../import-source.mjs'); // Only Node 24 can.
  const { stopService, removePostgres } = await importSource('tools/infra/index.ts');
  // A start that has not come so far as to write itself down owns its database already: its process is told by name.
  refuseIfOwned(path.join(folder, 'postgres'));
  await refuseIfHeld(path.join(folder, 'venue'), importSource);
  for (const service of ['postgres', 'kafka', 'redis']) await stopService(service, folder);
  removePostgres(path.join(folder, 'postgres'));
  for (const name of OWN) rmSync(path.join(folder, name), { recursive: true, force: true });
  const left = readdirSync(folder);
  if (left.length === 0) rmdirSync(folder);
  process.stdout.write(`emptied ${folder}${left.length === 0 ? '' : `, but for what is not Switchyard's: ${left.join(', ')}`}\n`);
  tellElsewhere(folder);
}

/** Database and venue are emptied together or not at all; what lies elsewhere is for its owner to empty. */
function tellElsewhere(folder) {
  const { MATCHING_FOLDER: venue, SWITCHYARD_POSTGRES_URL: database } = process.env;
  if (venue && path.resolve(venue) !== path.join(folder, 'venue') && existsSync(venue))
    process.stdout.write(
      `MATCHING_FOLDER names ${path.resolve(venue)}, which was left as it is. An empty database wants an empty venue: empty that folder too.\n`,
    );
  if (database)
    process.stdout.write(
      'SWITCHYARD_POSTGRES_URL names a database, which was left as it is. An empty venue wants an empty database: empty that one too.\n',
    );
}

function refuseIfOwned(dataDir) {
  const moved = path.join(dataDir, 'moved-to');
  const home = existsSync(moved) ? readFileSync(moved, 'utf8').trim() : dataDir;
  const state = path.join(home, 'running.json');
  if (!existsSync(state)) return;
  const { owner } = JSON.parse(readFileSync(state, 'utf8'));
  if (isOurs(owner.pid))
    throw new CannotStart(`The database of ${path.dirname(dataDir)} is in use by process ${owner.pid}. Stop it first.`);
}

/** A process that runs some roles alone is written down nowhere; the venue's folder knows its holder. */
async function refuseIfHeld(venueFolder, importSource) {
  if (!existsSync(venueFolder)) return;
  const { FolderLock } = await importSource('libs/matching/wal/folder-lock.ts');
  const lock = FolderLock.tryTake(venueFolder, 'npm run reset');
  if (lock === undefined)
    throw new CannotStart(`A process runs the paper venue from ${venueFolder} (its holder.json says which). Stop it first.`);
  lock.release();
}

helpIfAsked(USAGE, []);
if (process.execArgv.includes('--no-warnings')) await reset(dataFolderOf(process.env)).catch(failWith);
else becomeNode24(['--no-warnings', import.meta.filename ?? process.argv[1], ...process.argv.slice(2)]);
