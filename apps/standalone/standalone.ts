import { ACCOUNT_SERVICE, BROKER_SERVICE, INSTRUMENT_SERVICE } from '@switchyard/contracts';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { type Infra, InfraError, startInfra } from '@switchyard/infra';
import { printConfigs, readConfigs } from '@switchyard/platform/config';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Progress, progressTo } from './progress.js';
import { loadRoles, roleNames } from './roles.js';
import { notForRoles, standaloneConfig } from './standalone.config.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Errors that are a sentence for a person; anything else is a defect and shows its stack. */
const told = new Set([
  'ConfigError',
  'TopologyError',
  'ListenError',
  'UnknownRoleError',
  'InfraError',
  'MigrationError',
  'EnvironmentMismatchError',
  'DatabaseStampError',
]);
const stopMs = 20_000;
/** A Ctrl-C reaches this process through its group and, where standard input is no terminal, once more through its starter: that is one. */
const sameSignalMs = 500;
const seedMs = 15_000;

const usage = `node apps/standalone/dist/main.js [option]     ("npm start" builds first)

Runs every role of Switchyard in one process, with a PostgreSQL of its own; with ROLES=a,b those roles alone, with addresses from the environment.

  --help            this text
  --print-config    the configuration in force, secrets hidden

docs/configuration.md lists every setting.
`;

/** Runs until SIGINT or SIGTERM. Ends the process with a sentence if it can't start. */
export async function startStandalone(env: Env, args: readonly string[]): Promise<void> {
  const steps: (() => Promise<void> | void)[] = [];
  let isStopping = (): boolean => false;
  try {
    if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(usage);
    refuseUnknown(args);
    const { roles, dataFolder } = readOwn(env);
    // An empty variable is an absent one, also where this program has a default of its own.
    const rolesEnv: Env = Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== '' && !notForRoles.includes(name)));
    const rolesOwn = roles === undefined ? withDefaultsOfAll(rolesEnv, dataFolder) : withDefaultsOfSome(rolesEnv, roles, dataFolder);
    if (args.includes('--print-config')) return await printConfig(roles ?? roleNames, rolesOwn, { roles, dataFolder });
    isStopping = stopOnSignals(steps);
    if (roles === undefined) await refuseBesideCluster(dataFolder);
    const progress = progressTo((line) => process.stdout.write(line));
    await (roles === undefined ? startAll(rolesOwn, dataFolder, steps, progress) : startSome(roles, rolesOwn, steps, progress));
  } catch (error) {
    // Whatever a stop in the middle of a start makes fail is no failure.
    if (isStopping()) return;
    const sentence = error instanceof Error && told.has(error.name) ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${sentence}\n`);
    await stopAll(steps);
    process.exit(1);
  }
}

/** All roles, with everything that they need. */
async function startAll(env: Env, dataFolder: string, steps: (() => Promise<void> | void)[], progress: Progress): Promise<void> {
  // PostgreSQL starts while this process loads its code.
  const starting = startDatabase(env, dataFolder, steps, progress);
  const loading = Promise.all([import('@switchyard/platform/run-roles'), import('@switchyard/persistence'), loadRoles(roleNames)]);
  starting.catch(() => undefined);
  const [{ runRoles, readSettings }, { migrate, nounPool }, roles] = await loading;
  progress.done('code loaded');
  // Before the database is touched: its first migration stamps it with the environment, for ever.
  const { environment } = readSettings(roles, { SWITCHYARD_POSTGRES_URL: 'postgresql://to.be.started', ...env }).config;
  const postgresUrl = await starting;
  const { applied } = await migrate(postgresUrl, { environment });
  progress.done(applied.length === 0 ? 'database is up to date' : `database migrated: ${applied.join(', ')}`);
  const keysFolder = env['SWITCHYARD_KEYS_FOLDER'] || keysFolderIn(dataFolder);
  const running = await runRoles(roles, { nounPool, env: { ...env, SWITCHYARD_POSTGRES_URL: postgresUrl } });
  steps.push(() => running.stop());
  progress.done(`${roles.length} roles started, all in this process; calls are local, readers are fed by the relay:`);
  for (const line of running.topology) progress.say(`         ${line}`);
  if (!(await untilReady(running, progress))) return;
  progress.done(`${await countInstruments(running)} instruments loaded`);
  if (environment === 'sim') {
    await seed(running, keysFolder);
    progress.done('accounts DEMO and DEMO2 are there');
  }
  await announce(running, { dataFolder, keysFolder, environment }, steps, progress);
}

/** A cluster whose starter was killed ends by itself a moment later; until then its processes work on this database. */
async function refuseBesideCluster(dataFolder: string): Promise<void> {
  if (!existsSync(path.join(dataFolder, 'run', 'cluster.json'))) return;
  const { isOurs, readRunState } = await import('@switchyard/client/development');
  const alive = readRunState(dataFolder, 'cluster')?.processes.filter(({ pid }) => pid > 0 && isOurs(pid)) ?? [];
  if (alive.length > 0)
    throw new InfraError(
      `"npm run cluster" runs from ${path.resolve(dataFolder)}: ${alive.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')}. Stop it first: Ctrl-C where it was started. Where that was killed, they end by themselves within seconds.`,
    );
}

function countInstruments({ calls }: RunningProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    const stream = calls.any(INSTRUMENT_SERVICE).watchInstruments({}, {});
    stream.onMessage(({ instruments, snapshotEnd }) => {
      count += instruments.length;
      if (!snapshotEnd) return;
      resolve(count);
      stream.cancel();
    });
    stream.onClose((error) => reject(error ?? new Error('the instruments could not be counted: their stream ended')));
  });
}

function keysFolderIn(dataFolder: string): string {
  return path.join(dataFolder, 'keys');
}

/** The environment of the roles, with what this program sets where nobody else does. */
function withDefaultsOfAll(env: Env, dataFolder: string): Env {
  return {
    SWITCHYARD_LOG_LEVEL: 'warn',
    SWITCHYARD_LOG_FORMAT: 'pretty',
    SWITCHYARD_KEYS_FOLDER: keysFolderIn(dataFolder),
    MATCHING_FOLDER: path.join(dataFolder, 'venue'),
    ...env,
  };
}

function withDefaultsOfSome(env: Env, roles: readonly string[], dataFolder: string): Env {
  return {
    SWITCHYARD_PROCESS_NAME: roleNames.filter((name) => roles.includes(name)).join('+'),
    MATCHING_FOLDER: path.join(dataFolder, 'venue'),
    ...env,
  };
}

async function startDatabase(env: Env, dataFolder: string, steps: (() => Promise<void> | void)[], progress: Progress): Promise<string> {
  const starting: Promise<Infra> = startInfra({
    dir: path.resolve(dataFolder),
    postgres: 'switchyard',
    kafka: false,
    redis: false,
    keepRunning: true,
    onProgress: (line) => progress.say(line),
    env: env as NodeJS.ProcessEnv,
  });
  // Who stops while it starts waits for it, and then ends it: a database left alone would run on.
  steps.unshift(() =>
    starting.then(
      (infra) => infra.stop(),
      () => undefined,
    ),
  );
  const { postgres } = await starting;
  if (postgres === undefined) throw new Error('a database was asked for');
  progress.done(`PostgreSQL ${postgres.adopted ? 'of an earlier run adopted' : postgres.origin === 'external' ? 'found' : 'started'}`);
  return postgres.address;
}

/** Some roles, as one process of several: addresses and keys come from the environment, and nobody is told where to look. */
async function startSome(names: readonly string[], env: Env, steps: (() => Promise<void> | void)[], progress: Progress): Promise<void> {
  const [{ endWithStarter, runRoles }, { nounPool }, roles] = await Promise.all([
    import('@switchyard/platform/run-roles'),
    import('@switchyard/persistence'),
    loadRoles(names),
  ]);
  endWithStarter();
  const running = await runRoles(roles, { nounPool, env });
  steps.push(() => running.stop());
  if (await untilReady(running, progress)) progress.done('ready');
}

/** Waits, and says for what if it takes long. False where the process stops instead. */
async function untilReady(running: RunningProcess, progress: Progress): Promise<boolean> {
  const timer = setInterval(() => {
    fetch(`http://${running.httpAddress}/readyz`)
      .then(async (answer) => {
        const { problems } = (await answer.json()) as { problems: Record<string, string> };
        progress.say(
          `waiting: ${Object.entries(problems)
            .map((problem) => problem.join(': '))
            .join('; ')}`,
        );
      })
      .catch(() => undefined);
  }, 3_000);
  const isReady = await running.whenReady();
  clearInterval(timer);
  if (isReady) progress.done('every role is ready');
  return isReady;
}

/** Looks inside the process first: after the first start there is nothing to do, and no client to be loaded. */
async function seed({ calls, address }: RunningProcess, keysFolder: string): Promise<void> {
  const { devTokens, everything, isSeeded, seedDemo } = await import('@switchyard/client/development');
  const [{ accounts }, { sessions }] = await Promise.all([
    calls.any(ACCOUNT_SERVICE).listAccounts({}, { timeoutMs: seedMs }),
    calls.any(BROKER_SERVICE).listSessions({}, { timeoutMs: seedMs }),
  ]);
  if (isSeeded(accounts, sessions)) return;
  const { connect } = await import('@switchyard/client');
  const client = connect({ address, token: devTokens(keysFolder, { subject: 'standalone', ...everything }), timeoutMs: seedMs });
  try {
    await seedDemo(client);
  } finally {
    client.close();
  }
}

/** Writes down where the platform is, for programs, and says it, for people. */
async function announce(
  { address, httpAddress }: RunningProcess,
  where: { dataFolder: string; keysFolder: string; environment: string },
  steps: (() => Promise<void> | void)[],
  progress: Progress,
): Promise<void> {
  const { pageAddress, removeRunState, writeRunState } = await import('@switchyard/client/development');
  const page = `http://${httpAddress}/`;
  writeRunState(where.dataFolder, {
    mode: 'standalone',
    pid: process.pid,
    environment: where.environment,
    gateways: [address],
    page,
    keysFolder: path.resolve(where.keysFolder),
    processes: [{ name: 'standalone', roles: roleNames, pid: process.pid, address, httpAddress }],
  });
  steps.push(() => removeRunState(where.dataFolder, 'standalone'));
  progress.done('ready');
  progress.say('');
  progress.say(`gRPC        ${address}`);
  // Live has no development key: there its own token is pasted into the page.
  progress.say(`page        ${where.environment === 'live' ? page : pageAddress(page, where.keysFolder)}`);
  progress.say('try this    npm run switchyard -- order buy 10 NSE:INFY --wait');
  progress.say('or this     npm run demo');
  progress.say('Ctrl-C stops everything.');
}

function readOwn(env: Env): { roles: readonly string[] | undefined; dataFolder: string } {
  const mine = Object.fromEntries(standaloneConfig.variables.map(({ name }) => [name, env[name]]));
  const values = readConfigs([standaloneConfig], { ...mine, SWITCHYARD_ROLES: env['SWITCHYARD_ROLES'] || env['ROLES'] });
  return values.get(standaloneConfig) as { roles: readonly string[] | undefined; dataFolder: string };
}

async function printConfig(names: readonly string[], env: Env, own: Readonly<Record<string, unknown>>): Promise<void> {
  const [{ readSettings }, roles] = await Promise.all([import('@switchyard/platform/run-roles'), loadRoles(names)]);
  process.stdout.write(`${printConfigs(new Map([[standaloneConfig, own], ...readSettings(roles, env).all]))}\n`);
}

function refuseUnknown(args: readonly string[]): void {
  const unknown = args.filter((arg) => arg !== '--print-config');
  if (unknown.length > 0) throw new InfraError(`There is no option ${unknown.join(', ')}. "npm start -- --help" tells which there are.`);
}

/** One signal stops everything in order; a second one a moment later, or a stop that hangs, ends the process at once: the next start adopts the database. */
function stopOnSignals(steps: (() => Promise<void> | void)[]): () => boolean {
  let stoppingSinceMs: number | undefined;
  // A terminal that was closed, or the end of a pipe that went first, is no reason to leave the database behind.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stoppingSinceMs !== undefined) {
        if (performance.now() - stoppingSinceMs < sameSignalMs) return;
        process.exit(1);
      }
      stoppingSinceMs = performance.now();
      process.stdout.write('switchyard  stopping\n');
      setTimeout(() => process.exit(1), stopMs).unref();
      void stopAll(steps).then(() => process.exit(0));
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      process.stderr.write(`${event}: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  }
  return () => stoppingSinceMs !== undefined;
}

async function stopAll(steps: (() => Promise<void> | void)[]): Promise<void> {
  for (const stop of steps.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}
