/** `npm run reset`: empties `.switchyard/`. Refuses while the platform runs from it; ends what a killed run left. Plain JavaScript that runs on Node 20. */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../workspace.mjs';
import { becomeNode24 } from './node24.mjs';
import { CannotStart, failWith } from './prepare.mjs';

const USAGE = `npm run reset

Deletes everything that "npm start" and "npm run cluster" keep in .switchyard/: the database, the logs, the development key.
Refuses while one of them runs.
`;

/** True while the process runs and is a program of ours. */
function isOurs(pid) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.js');
  } catch {
    return false;
  }
}

function runningPlatforms(folder) {
  const run = path.join(folder, 'run');
  const files = existsSync(run) ? readdirSync(run).filter((file) => file.endsWith('.json')) : [];
  return files.map((file) => JSON.parse(readFileSync(path.join(run, file), 'utf8'))).filter(({ pid }) => isOurs(pid));
}

async function reset(folder) {
  if (!existsSync(folder)) return process.stdout.write('there is nothing to reset\n');
  const [running] = runningPlatforms(folder);
  if (running)
    throw new CannotStart(
      `Switchyard runs from ${folder} (${running.mode}, process ${running.pid}). Stop it first: Ctrl-C where it was started.`,
    );
  const { importSource } = await import('../import-source.mjs'); // Only Node 24 can.
  const { stopService, removePostgres } = await importSource('tools/infra/index.ts');
  // A start that has not come so far as to write itself down owns its database already: its process is told by name.
  refuseIfOwned(path.join(folder, 'postgres'));
  await refuseIfHeld(path.join(folder, 'venue'), importSource);
  for (const service of ['postgres', 'kafka', 'redis']) await stopService(service, folder);
  removePostgres(path.join(folder, 'postgres'));
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`emptied ${folder}\n`);
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

if (process.argv.includes('--help') || process.argv.includes('-h')) process.stdout.write(USAGE);
else if (process.execArgv.includes('--no-warnings'))
  await reset(path.resolve(process.env['SWITCHYARD_DATA_FOLDER'] ?? path.join(ROOT, '.switchyard'))).catch(failWith);
else becomeNode24(['--no-warnings', import.meta.filename ?? process.argv[1], ...process.argv.slice(2)]);
