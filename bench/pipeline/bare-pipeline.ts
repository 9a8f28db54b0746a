/** Starts the bare pipeline of bench/bare and speaks to it. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type RunningService } from '@switchyard/infra';
import type pg from 'pg';
import { Commanded } from '../lib/control.js';
import { databaseWork, type DatabaseWork, openClient, wallOffsetMs } from '../lib/database.js';
import { Histogram, type HistogramData } from '../lib/histogram.js';
import { removeTopics } from '../lib/kafka.js';
import { type LoadResult } from '../lib/load.js';
import { type Measured } from '../lib/processes.js';
import { type Mode, type Pipeline, type Times } from './pipeline.js';

const folder = path.join(import.meta.dirname, '..', 'bare');

interface Report {
  readonly arrivals: HistogramData;
  readonly statements: HistogramData;
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface BareOptions {
  readonly mode: Mode;
  /** For what the bench keeps; the bare venue's files are below it. */
  readonly dir: string;
  readonly postgres: RunningService;
  readonly kafka: RunningService | undefined;
  /** Flags of Node for one process, by role: a profile. */
  readonly execArgv?: Readonly<Record<string, readonly string[]>>;
}

interface Tools {
  makeTables(client: pg.Client): Promise<Record<string, string>>;
  makeTopic(brokers: string, topic: string): Promise<void>;
}

async function tools(): Promise<Tools> {
  const [tables, kafka] = (await Promise.all([import(path.join(folder, 'tables.mjs')), import(path.join(folder, 'kafka.mjs'))])) as [
    Pick<Tools, 'makeTables'>,
    Pick<Tools, 'makeTopic'>,
  ];
  return { makeTables: tables.makeTables, makeTopic: kafka.makeTopic };
}

/** Makes an empty database of that name beside the one of the address. */
export async function freshDatabase(address: string, name: string): Promise<string> {
  const client = await openClient(address);
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
}

export async function startBare({ mode, dir, postgres, kafka, execArgv = {} }: BareOptions): Promise<Pipeline> {
  const { makeTables, makeTopic } = await tools();
  const postgresUrl = await freshDatabase(postgres.address, `bench_bare_${mode}`);
  const client = await openClient(postgresUrl);
  const holders = await makeTables(client);
  const topic = `bare-${randomBytes(4).toString('hex')}`;
  const brokers = kafka?.address;
  if (mode === 'cluster') {
    if (brokers === undefined) throw new Error('the cluster needs Kafka');
    await removeTopics(brokers, 'bare-');
    await makeTopic(brokers, topic);
  }
  const roles = mode === 'cluster' ? ['venue', 'connector', 'risk', 'projector', 'gateway'] : ['all'];
  const venueFolder = path.join(dir, `bare-${mode}`, 'venue');
  const started: Commanded[] = [];
  const ports: Record<string, number> = {};
  for (const role of roles) {
    const child = new Commanded(role, path.join(folder, 'process.mjs'), { execArgv: execArgv[role] });
    started.push(child);
    ports[role] = await child.command<number>('start', { role, postgresUrl, holders, brokers, topic, ports, venueFolder });
  }
  const load = new Commanded('client', path.join(folder, 'client.mjs'), { execArgv: execArgv['client'] });
  await load.command('connect', { port: ports['gateway'] ?? ports['all'] });
  return new BarePipeline(mode, started, load, client, serviceProcesses(postgres, mode === 'cluster' ? kafka : undefined));
}

/** The services as processes to be measured; those of others can't be. */
export function serviceProcesses(postgres: RunningService, kafka: RunningService | undefined): Measured[] {
  const of = (service: RunningService | undefined, children: boolean): Measured[] =>
    service?.pid === undefined ? [] : [{ name: service.name, pid: service.pid, children }];
  return [...of(postgres, true), ...of(kafka, false)];
}

class BarePipeline implements Pipeline {
  readonly name: string;
  readonly processes: readonly Measured[];
  #nextNumber = 1;

  constructor(
    readonly mode: Mode,
    private readonly roles: readonly Commanded[],
    private readonly load: Commanded,
    private readonly client: pg.Client,
    services: readonly Measured[],
  ) {
    this.name = `bare ${mode}`;
    this.processes = [...roles, load].map(({ name, pid }): Measured => ({ name, pid })).concat(services);
  }

  closed(options: { inFlight: number; seconds: number }): Promise<LoadResult> {
    return this.#run('closed', options);
  }

  open(options: { ratePerSecond: number; seconds: number }): Promise<LoadResult> {
    return this.#run('open', options);
  }

  async #run(name: string, options: object): Promise<LoadResult> {
    for (const role of this.roles) await role.command('reset');
    const result = await this.load.command<LoadResult>(name, { ...options, firstNumber: this.#nextNumber });
    this.#nextNumber += result.issued;
    return result;
  }

  /** It never refuses. */
  retries(): Promise<number> {
    return Promise.resolve(0);
  }

  async readCount(): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>('SELECT count(*) FROM projector.trades');
    return Number(rows[0]?.count);
  }

  unfilledCount(): Promise<number> {
    return Promise.resolve(0);
  }

  async unread(): Promise<string> {
    const reports = await this.#reports();
    return reports.map(({ counts }) => JSON.stringify(counts)).join(' ');
  }

  async times(load: LoadResult, ratePerSecond: number): Promise<Times> {
    const offsetMs = await wallOffsetMs(this.client);
    const { rows } = await this.client.query<{ number: number; ms: string }>(
      `SELECT number, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS ms FROM projector.trades WHERE number >= $1 AND number < $2`,
      [load.firstNumber, load.firstNumber + load.issued],
    );
    const reader = new Histogram();
    for (const { number, ms } of rows) {
      const dueMs = load.firstDueMs + ((number - load.firstNumber) * 1_000) / ratePerSecond;
      reader.record(Number(ms) - offsetMs - dueMs);
    }
    const wire = new Histogram();
    for (const { arrivals } of await this.#reports()) wire.add(arrivals);
    return { wire: wire.toData(), reader: reader.toData() };
  }

  /** Milliseconds of the append statements of the last load. */
  async statements(): Promise<HistogramData> {
    const all = new Histogram();
    for (const { statements } of await this.#reports()) all.add(statements);
    return all.toData();
  }

  #reports(): Promise<Report[]> {
    return Promise.all(this.roles.map((role) => role.command<Report>('report')));
  }

  databaseWork(): Promise<DatabaseWork> {
    return databaseWork(this.client);
  }

  async stop(): Promise<void> {
    await this.load.stop();
    for (const role of [...this.roles].reverse()) await role.stop();
    await this.client.end();
  }
}
