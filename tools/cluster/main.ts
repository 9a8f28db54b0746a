/** `npm run cluster`: every role as a process of its own, with PostgreSQL, Kafka and Redis, in one terminal. */
import path from 'node:path';
import { styleText } from 'node:util';
import { pageAddress } from '@switchyard/client/development';
import { type Cluster, startCluster } from './cluster.js';
import { interactiveEnvironment } from './environment.js';
import { defaultProcesses } from './topology.js';

const usage = `npm run cluster

Runs each role of Switchyard as a process of its own (two order-gateways), with a real PostgreSQL, Apache Kafka and Redis of its own
on free ports, in one terminal. Kafka needs Java 17 or later, and Maven for the first start. A process that dies is started again.
While the processes start, one line says what is waited for; what they log meanwhile is in .switchyard/logs/, and with SWITCHYARD_LOG_LEVEL set here too.
Data and logs are in .switchyard/ (the same database as "npm start" uses, so run one of the two). Ctrl-C ends all in order.

  --help   this text
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

async function main(): Promise<void> {
  const started: { cluster?: Cluster } = {};
  // While they start, processes tell a lot about who is not there yet; it is in their logs. Who sets a level wants to see it.
  const isTold = (): boolean => started.cluster !== undefined || process.env['SWITCHYARD_LOG_LEVEL'] !== undefined;
  let isInterrupted = false;
  const stop = async (): Promise<never> => {
    await started.cluster?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isInterrupted) return;
      isInterrupted = true;
      progress('stopping');
      // A start that is under way comes to its end first, so that nothing is left behind.
      if (started.cluster !== undefined) void stop();
    });
  }
  const cluster = await startCluster({
    dir: path.resolve(process.env['SWITCHYARD_DATA_FOLDER'] ?? '.switchyard'),
    env: interactiveEnvironment(process.env),
    restart: true,
    onLine: (name, line) => {
      if (isTold()) print(name, line);
    },
    onProgress: progress,
  });
  started.cluster = cluster;
  if (isInterrupted) await stop();
  progress('ready');
  for (const line of [
    `gRPC        ${cluster.gateways.join('  ')}`,
    `page        ${pageAddress(cluster.page, cluster.keysFolder)}`,
    'try this    npm run switchyard -- order buy 10 NSE:INFY --wait',
    'or this     npm run demo',
    'Ctrl-C ends everything in order.',
  ])
    print('switchyard', line);
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(usage);
} else if (args.length > 0) {
  process.stderr.write(`There is no option ${args.join(', ')}.\n\n${usage}`);
  process.exitCode = 1;
} else {
  await main().catch((error: unknown) => {
    const sentence = error instanceof Error && told.has(error.name) ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  });
}
