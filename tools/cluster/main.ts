/** `npm run cluster`: every role as a process of its own, with PostgreSQL, Kafka and Redis, in one terminal. */
import path from 'node:path';
import { styleText } from 'node:util';
import { pageAddress } from '@switchyard/client/development';
import { startCluster } from './cluster.js';
import { interactiveEnvironment } from './environment.js';
import { startServices } from './services.js';
import { defaultProcesses } from './topology.js';

const usage = `npm run cluster [-- services]

Runs each role of Switchyard as a process of its own (two order-gateways), with a real PostgreSQL, Apache Kafka and Redis of its own
on free ports, in one terminal. Kafka needs Java 17 or later, and Maven for the first start. A process that dies is started again.
While the processes start, one line says what is waited for; what they log meanwhile is in .switchyard/logs/, and with SWITCHYARD_LOG_LEVEL set here too.
Data and logs are in .switchyard/ (the same database as "npm start" uses, so run one of the two). Ctrl-C ends all in order.

  services   only PostgreSQL, Kafka and Redis, with the tables and the development key, for processes that are started by hand
             (a hybrid, docs/deployment-modes.md); writes their addresses to .switchyard/run/services.env
  --help     this text
`;

type Colour = Extract<Parameters<typeof styleText>[0], string>;

const colours: readonly Colour[] = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
  'yellowBright',
  'magentaBright',
];
const width = Math.max(...defaultProcesses.map(({ name }) => name.length));
const colourOf = new Map<string, Colour>(defaultProcesses.map(({ name }, at) => [name, colours[at % colours.length] ?? 'white']));
const told = new Set(['ClusterError', 'InfraError', 'MigrationError', 'EnvironmentMismatchError']);

function print(process_: string, line: string): void {
  const colour = colourOf.get(process_) ?? 'bold';
  process.stdout.write(`${styleText(colour, process_.padEnd(width))}  ${line}\n`);
}

function progress(line: string): void {
  print('switchyard', `${(performance.now() / 1000).toFixed(2).padStart(6)} s  ${line}`);
}

/** Starts, and stops at a signal. One that comes during the start waits for its end, so that nothing is left behind. */
async function untilSignal<T extends { stop(): Promise<void> }>(start: () => Promise<T>): Promise<T> {
  const started: { it?: T } = {};
  let isInterrupted = false;
  const stop = async (): Promise<never> => {
    await started.it?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isInterrupted) return;
      isInterrupted = true;
      progress('stopping');
      if (started.it !== undefined) void stop();
    });
  }
  started.it = await start();
  return isInterrupted ? stop() : started.it;
}

const dataFolder = (): string => path.resolve(process.env['SWITCHYARD_DATA_FOLDER'] || '.switchyard');

function tell(lines: readonly string[]): void {
  progress('ready');
  for (const line of lines) print('switchyard', line);
}

async function services(): Promise<void> {
  const { environmentFile } = await untilSignal(() => startServices(dataFolder(), progress));
  tell([
    `addresses   . ${path.relative('', environmentFile)}   in each terminal that starts a process`,
    'Ctrl-C ends PostgreSQL, Kafka and Redis.',
  ]);
}

async function cluster(): Promise<void> {
  // While they start, processes tell a lot about who is not there yet; it is in their logs. Who sets a level wants to see it.
  let isTold = Boolean(process.env['SWITCHYARD_LOG_LEVEL']);
  const { gateways, page, keysFolder } = await untilSignal(() =>
    startCluster({
      dir: dataFolder(),
      env: interactiveEnvironment(process.env),
      restart: true,
      onLine: (name, line) => {
        if (isTold) print(name, line);
      },
      onProgress: progress,
    }),
  );
  isTold = true;
  tell([
    `gRPC        ${gateways.join('  ')}`,
    `page        ${pageAddress(page, keysFolder)}`,
    'try this    npm run switchyard -- order buy 10 NSE:INFY --wait',
    'or this     npm run demo',
    'Ctrl-C ends everything in order.',
  ]);
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(usage);
} else if (args.length > 1 || (args.length === 1 && args[0] !== 'services')) {
  process.stderr.write(`There is no option ${args.join(', ')}.\n\n${usage}`);
  process.exitCode = 1;
} else {
  await (args.length === 0 ? cluster() : services()).catch((error: unknown) => {
    const sentence = error instanceof Error && told.has(error.name) ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  });
}
