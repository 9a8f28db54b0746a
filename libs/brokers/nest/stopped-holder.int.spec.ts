// Two broker-connectors as processes: the one that holds a session stands still, the other takes over, and the first goes on: it writes and sends nothing.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aNew, tag } from '@switchyard/brokers-core/testing';
import { type MessageStream } from '@switchyard/contracts';
import { RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import {
  Execution,
  ExecutionKind,
  type GetOrderByTagRequest,
  type GetOrderByTagResponse,
  type TradeRequest,
  type TradeResponse,
} from '@switchyard/contracts/gen/matching/v1/service';
import { eventually, freePort } from '@switchyard/testkit';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { World } from './testing/world.js';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = path.join(root, 'apps/broker-connector');

/** A venue that takes every order, says nothing of it, and finds it when it is asked. */
class SilentVenue {
  readonly orders: { readonly tag: string; readonly atMs: number }[] = [];

  trade(stream: MessageStream<TradeRequest, TradeResponse>): void {
    stream.onEnd(() => stream.end());
    stream.onMessage(({ commands }) => {
      for (const { command } of commands) {
        if (command?.$case === 'logon') stream.send({ executions: [], loggedOn: true, loggedOnLastSeq: 0, cancelsOnly: false });
        if (command?.$case === 'newOrder') this.orders.push({ tag: command.value.tag, atMs: Date.now() });
      }
    });
  }

  async getOrderByTag({ tag: wanted }: GetOrderByTagRequest): Promise<GetOrderByTagResponse> {
    if (!this.orders.some((order) => order.tag === wanted)) return { found: false, executions: [], lastSeq: 0 };
    const execution = {
      seq: 1,
      kind: ExecutionKind.NEW,
      tag: wanted,
      orderTag: wanted,
      venueOrderId: 'V1',
      brokerAccountId: 'BA',
      instrumentId: 'I',
    };
    return { found: true, executions: [Execution.fromPartial(execution)], lastSeq: 1 };
  }
}

const connectors: Connector[] = [];
// Before the world is closed, whose database they use.
afterAll(async () => {
  for (const connector of connectors) await connector.end();
});

const venue = new SilentVenue();
const world = World.forSpec({
  trade: (stream: never) => venue.trade(stream),
  getOrderByTag: (request: GetOrderByTagRequest) => venue.getOrderByTag(request),
});

/** A broker-connector as it runs in production, from the build. */
class Connector {
  readonly #child: ChildProcess;
  #log = '';

  constructor(
    readonly name: string,
    readonly address: string,
    env: Record<string, string>,
  ) {
    this.#child = spawn(process.execPath, [path.join(folder, 'dist/main.js')], { env: { PATH: '/usr/bin', ...env } });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (text) => (this.#log += String(text)));
  }

  static async start(name: string): Promise<Connector> {
    const address = `127.0.0.1:${await freePort()}`;
    const connector = new Connector(name, address, {
      ...world.environmentOf(name),
      SWITCHYARD_GRPC_LISTEN: address,
      SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0',
      SWITCHYARD_LOG_FORMAT: 'json',
      BROKERS_HEARTBEAT_MS: '200',
      BROKERS_HOLDER_TIMEOUT_MS: '2500',
      BROKERS_ANSWER_TIMEOUT_MS: '30000',
      BROKERS_LOOK_UP_INTERVAL_MS: '100',
    });
    await connector.logs('ready after');
    return connector;
  }

  logs(text: string): Promise<unknown> {
    return eventually(() => this.#log.includes(text), { what: `${this.name} to log "${text}"; it logged ${this.#log}` });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.signal('SIGKILL');
    await ended;
  }
}

beforeAll(async () => {
  // Only what is older than its sources is built.
  execFileSync(process.execPath, ['tools/build/build.mjs'], { cwd: root });
  for (const name of ['connector-a', 'connector-b']) connectors.push(await Connector.start(name));
}, 180_000);

describe('a holder that stands still', () => {
  it('loses its session to the other connector, which resolves what was SENDING; when it goes on it writes and sends nothing', async () => {
    const [either] = connectors as [Connector, Connector];
    const sessionId = await world.putSession(either, { broker: 'paper', commandsPerSecondMax: 50 });
    const held = await eventually(
      async () => {
        const session = await world.sessionOf(either, sessionId);
        return session?.state === SessionState.READY && session;
      },
      { what: 'a holder whose session is ready' },
    );
    const [holder] = connectors.filter(({ name }) => name === held.process) as [Connector];
    const [heir] = connectors.filter(({ name }) => name !== held.process) as [Connector];

    const owner = world.anOwner(holder, sessionId);
    await owner.attach();
    owner.command(aNew('K1', { brokerAccountId: held.brokerAccountIds[0] ?? '' }));
    await eventually(() => venue.orders.length === 1, { what: 'the order at the venue' });
    expect(await world.stored(sessionId)).toEqual({ K1: RequestState.SENDING });

    holder.signal('SIGSTOP');
    // It waits in the connection of the process that stands still.
    owner.command(aNew('K2'));
    await eventually(async () => (await world.sessionOf(heir, sessionId))?.process === heir.name, { what: 'the takeover' });
    const next = world.anOwner(heir, sessionId);
    await eventually(async () => (await world.sessionOf(heir, sessionId))?.state === SessionState.READY, { what: 'the heir to be ready' });
    await next.attach();
    await next.hears('inDoubt', 'doubtResolved');
    expect(next.told()).toEqual(['1 K1 inDoubt', '2 K1 doubtResolved']);
    expect(await world.stored(sessionId)).toEqual({ K1: RequestState.ACCEPTED });

    next.command(aNew('K3'));
    await eventually(() => venue.orders.length === 2, { what: 'the order of the heir' });
    const { rows } = await world.admin.query<{ at_ms: string }>('SELECT at_ms FROM brokers.journal WHERE stream LIKE $1 AND seq = 1', [
      `session/${sessionId}/%`,
    ]);
    // The rate bucket was empty when the heir began, and IN_DOUBT is the first thing that it wrote.
    const tookOverAtMs = Number(rows[0]?.at_ms);
    expect((venue.orders[1]?.atMs ?? 0) - tookOverAtMs).toBeGreaterThan(900);

    holder.signal('SIGCONT');
    await holder.logs('sessions lost');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(venue.orders.map((order) => order.tag)).toEqual([tag('K1'), tag('K3')]);
    expect(await world.stored(sessionId)).toMatchObject({ K1: RequestState.ACCEPTED });
    const requests = await world.admin.query<{ id: string; process: string }>(
      'SELECT broker_request_id AS id, process FROM brokers.requests WHERE session_id = $1 ORDER BY 1',
      [sessionId],
    );
    expect(requests.rows).toEqual([
      { id: 'K1', process: holder.name },
      { id: 'K3', process: heir.name },
    ]);
  }, 120_000);
});
