/** The platform as a pipeline to be measured. */
import path from 'node:path';
import { connect } from '@switchyard/client';
import { devToken, everything } from '@switchyard/client/development';
import { OrdStatus } from '@switchyard/contracts';
import { TradeRequest } from '@switchyard/contracts/gen/matching/v1/service';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import type pg from 'pg';
import { Commanded } from '../lib/control.js';
import { databaseWork, type DatabaseWork, openClient, wallOffsetMs } from '../lib/database.js';
import { Histogram } from '../lib/histogram.js';
import { type LoadResult } from '../lib/load.js';
import { type Measured } from '../lib/processes.js';
import { serviceProcesses } from './bare-pipeline.js';
import { numberOfClOrdId, prepareBook } from './book.js';
import { type Hop, readHops } from './hops.js';
import { type Mode, type Pipeline, type Times } from './pipeline.js';
import { type PlatformOptions, type StartedPlatform, startPlatform } from './start-platform.js';

const tokenMs = 60 * 60_000;

export async function startPlatformPipeline(options: PlatformOptions): Promise<Pipeline> {
  const platform = await startPlatform(options);
  try {
    const token = devToken(platform.keysFolder, { subject: 'bench', ...everything }, tokenMs);
    const edge = connect({ address: platform.address, token, timeoutMs: 20_000 });
    const instruments = await prepareBook(edge);
    edge.close();
    const client = await openClient(platform.postgresUrl);
    const load = new Commanded('client', path.join(import.meta.dirname, 'platform-client.js'), { execArgv: options.execArgv?.['client'] });
    await load.command('connect', { address: platform.address, token, instruments });
    const { postgres, kafka } = options;
    return new PlatformPipeline(
      options.mode,
      platform,
      load,
      client,
      serviceProcesses(postgres, options.mode === 'cluster' ? kafka : undefined),
    );
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

class PlatformPipeline implements Pipeline {
  readonly name: string;
  readonly processes: readonly Measured[];
  #nextNumber = 1;

  constructor(
    readonly mode: Mode,
    private readonly platform: StartedPlatform,
    private readonly load: Commanded,
    private readonly client: pg.Client,
    services: readonly Measured[],
  ) {
    this.name = `platform ${mode}`;
    this.processes = [...platform.processes, { name: 'client', pid: load.pid }, ...services];
  }

  closed(options: { inFlight: number; seconds: number }): Promise<LoadResult> {
    return this.#run('closed', options);
  }

  open(options: { ratePerSecond: number; seconds: number }): Promise<LoadResult> {
    return this.#run('open', options);
  }

  async #run(name: string, options: object): Promise<LoadResult> {
    const result = await this.load.command<LoadResult>(name, { ...options, firstNumber: this.#nextNumber });
    this.#nextNumber += result.issued;
    return result;
  }

  retries(): Promise<number> {
    return this.load.command<number>('retries');
  }

  async readCount(): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>('SELECT count(*) FROM positions.trades');
    return Number(rows[0]?.count);
  }

  async unfilledCount(): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>('SELECT count(*) FROM orders.orders WHERE is_final AND ord_status <> $1', [
      OrdStatus.FILLED,
    ]);
    return Number(rows[0]?.count);
  }

  async unread(): Promise<string> {
    const { rows } = await this.client.query<{ status: number; count: string; example: string }>(`
      SELECT ord_status AS status, count(*), min(state) AS example FROM orders.orders
      WHERE ord_status <> ${OrdStatus.FILLED} GROUP BY ord_status ORDER BY ord_status`);
    return rows.map(({ status, count, example }) => `${count} ${OrdStatus[status]}, such as ${example}`).join('\n');
  }

  async times(load: LoadResult, ratePerSecond: number): Promise<Times> {
    const dueMsOf = (number: number): number => load.firstDueMs + ((number - load.firstNumber) * 1_000) / ratePerSecond;
    const isOfLoad = (number: number): boolean => number >= load.firstNumber && number < load.firstNumber + load.issued;
    const offsetMs = await wallOffsetMs(this.client);
    const reader = new Histogram();
    for (const { number, wallMs } of await this.#tradeCommits()) {
      if (isOfLoad(number)) reader.record(wallMs - offsetMs - dueMsOf(number));
    }
    const wire = new Histogram();
    for (const { number, atMs } of await this.#arrivals(offsetMs)) {
      if (isOfLoad(number)) wire.record(atMs - dueMsOf(number));
    }
    return { wire: wire.toData(), reader: reader.toData() };
  }

  async hops(load: LoadResult, ratePerSecond: number): Promise<readonly Hop[]> {
    const offsetMs = await wallOffsetMs(this.client);
    return readHops(this.client, (number, wallMs) => {
      const nth = number - load.firstNumber;
      return nth >= 0 && nth < load.issued ? wallMs - offsetMs - load.firstDueMs - (nth * 1_000) / ratePerSecond : undefined;
    });
  }

  /** When the transaction that stored a trade was committed, by the database's own record. */
  async #tradeCommits(): Promise<{ number: number; wallMs: number }[]> {
    const { rows } = await this.client.query<{ payload: Buffer; ms: string }>(`
      SELECT j.payload, extract(epoch FROM pg_xact_commit_timestamp(t.xmin)) * 1000 AS ms
      FROM positions.trades t JOIN orders.journal j ON j.key = t.account_id AND j.key_seq = t.account_seq`);
    return rows.map(({ payload, ms }) => ({
      number: numberOfClOrdId(OrderEvent.decode(payload).state?.firstClOrdId ?? ''),
      wallMs: Number(ms),
    }));
  }

  /** When an order's first byte was at the venue's socket; in one process there is no socket, and it is when the connector gave it to the venue, in whole milliseconds. */
  async #arrivals(offsetMs: number): Promise<{ number: number; atMs: number }[]> {
    const { rows } = await this.client.query<{ tag: string; request_id: string; sent_at_ms: string }>(`
      SELECT b.tag, o.request_id, b.sent_at_ms FROM brokers.requests b JOIN orders.requests o ON o.order_id = b.order_id AND o.scope = 'clOrdId'
      WHERE o.request_id LIKE 'bench-%'`);
    const { proxy } = this.platform;
    const middleOfMillisecond = 0.5;
    if (proxy === undefined)
      return rows.map((row) => ({
        number: numberOfClOrdId(row.request_id),
        atMs: Number(row.sent_at_ms) + middleOfMillisecond - offsetMs,
      }));
    const numbers = new Map(rows.map((row) => [row.tag, numberOfClOrdId(row.request_id)]));
    return proxy.messages().flatMap(({ atMs, payload }) =>
      TradeRequest.decode(payload).commands.flatMap(({ command }) => {
        const number = command?.$case === 'newOrder' ? numbers.get(command.value.tag) : undefined;
        return number === undefined ? [] : [{ number, atMs }];
      }),
    );
  }

  databaseWork(): Promise<DatabaseWork> {
    return databaseWork(this.client);
  }

  async stop(): Promise<void> {
    await this.load.stop();
    await this.client.end();
    await this.platform.stop();
  }
}
