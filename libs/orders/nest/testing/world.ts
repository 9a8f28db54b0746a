// The role order-gateway as processes, on real PostgreSQL, with its neighbours behind gRPC in another process.
import { afterAll, beforeAll, jest } from '@jest/globals';
import {
  ACCOUNT_SERVICE,
  CallError,
  type CallOptions,
  type OrderContent,
  ORDER_READERS,
  ORDER_SERVICE,
  OWNER_SERVICE,
  Reason,
} from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type AccountCursor, type PutAccountRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { RiskGroupId, shardOf } from '@switchyard/kernel';
import { aContent } from '@switchyard/orders-core/testing';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { had, SpecProcesses } from '@switchyard/platform/testing';
import { eventually } from '@switchyard/testkit';
import { type Pool } from 'pg';
import { ordersRole } from '../index.js';
import { Neighbours } from './neighbours.js';

/** Of every call of the specs. */
export const options = { timeoutMs: 20_000 };

/** What a stream of order events told. */
export interface Followed {
  readonly events: OrderEvent[];
  /** How many events there were when the stream said that it is live. */
  live: number | undefined;
  closed: string | undefined;
  cancel(): void;
}

export class World extends Neighbours {
  readonly #processes = new SpecProcesses('orders', { template: migratedTemplate(), nounPool });
  readonly #followed: Followed[] = [];
  #around: RunningProcess | undefined;
  #accounts = 0;

  /** To be called once in a spec: one database and one process of neighbours for all its tests. */
  static forSpec(): World {
    // Processes over real gRPC and PostgreSQL, on a machine that may be busy.
    jest.setTimeout(60_000);
    const world = new World();
    beforeAll(() => world.#open(), 120_000);
    afterAll(() => world.#close(), 60_000);
    return world;
  }

  get admin(): Pool {
    return this.#processes.admin;
  }

  /** An order-gateway. Resolves when it is ready. */
  async start(name = 'gateway-0', env: Record<string, string> = {}): Promise<RunningProcess> {
    const { address } = had(this.#around);
    const peers = ['risk-engine', 'broker-connector', 'instrument-loader', 'position-tracker', 'market-data'].map(
      (role) => `${role}=${address}`,
    );
    const process = await this.#processes.run([ordersRole], {
      SWITCHYARD_PROCESS_NAME: name,
      SWITCHYARD_POSTGRES_URL: this.#processes.databaseUrl,
      SWITCHYARD_PEERS: peers.join(';'),
      ORDERS_HEARTBEAT_MS: '50',
      // A machine that is busy for seconds must not end a process.
      ORDERS_HOLDER_TIMEOUT_MS: '20000',
      ORDERS_FLUSH_MS: '50',
      // Its time is not what is tried here.
      ORDERS_RISK_DEADLINE_MS: '5000',
      ...env,
    });
    await process.whenReady();
    return process;
  }

  async stop(process: RunningProcess): Promise<void> {
    await this.#processes.stop(process);
  }

  orders(process: RunningProcess) {
    return had(this.#around).calls.at(ORDER_SERVICE, process.address);
  }

  readers(process: RunningProcess) {
    return had(this.#around).calls.at(ORDER_READERS, process.address);
  }

  accounts(process: RunningProcess) {
    return had(this.#around).calls.at(ACCOUNT_SERVICE, process.address);
  }

  owners(process: RunningProcess) {
    return had(this.#around).calls.at(OWNER_SERVICE, process.address);
  }

  token(roles: readonly string[], accounts: Record<string, string[]> = {}): string {
    return this.#processes.token(roles, accounts);
  }

  as(roles: readonly string[], accounts: Record<string, string[]> = {}): CallOptions {
    return { ...options, token: this.token(roles, accounts) };
  }

  /** Opens an account in a risk group of its name, routed to paper-1 with a broker account of the group. */
  async anAccount(process: RunningProcess, differs: Partial<PutAccountRequest> = {}): Promise<string> {
    const accountId = `ACC-${++this.#accounts}`;
    const { riskGroupId = accountId } = differs;
    await this.accounts(process).putAccount({ ...this.account(accountId, riskGroupId), ...differs }, this.as(['admin']));
    return accountId;
  }

  account(accountId: string, riskGroupId = accountId): PutAccountRequest {
    const brokerAccountId = this.brokers.serve('paper-1', `PAPER-${riskGroupId}`);
    return {
      accountId,
      name: 'A book',
      baseCurrency: 'INR',
      riskGroupId,
      routes: [{ brokerAccountId, sessionId: 'paper-1' }],
    };
  }

  /** Places an order, and resolves with it. A gateway that just got the shard may have no credit yet, and no attach to risk: the order goes again then. */
  async place(process: RunningProcess, accountId: string, clOrdId: string, partial: Partial<OrderContent> = {}) {
    const placed = await eventually(
      () =>
        this.orders(process)
          .placeOrder({ accountId, clOrdId, content: aContent(partial) }, options)
          .catch((error: unknown) => (error instanceof CallError && isNotYet(error.reason) ? undefined : { error })),
      { what: `credit and risk for ${clOrdId}` },
    );
    if ('error' in placed) throw placed.error;
    const { order, replayed } = placed;
    return { ...had(order), replayed };
  }

  /** Places an order that is at the broker, confirmed. */
  async confirmed(process: RunningProcess, accountId: string, clOrdId: string, partial: Partial<OrderContent> = {}): Promise<string> {
    const { orderId } = await this.place(process, accountId, clOrdId, partial);
    await eventually(() => this.brokers.commandOf(orderId), { what: `order ${clOrdId} at the broker` });
    this.brokers.report(orderId, { $case: 'accepted', value: {} });
    await this.until(process, accountId, orderId, ({ brokerOrderId }) => brokerOrderId === 'B1');
    return orderId;
  }

  async order(process: RunningProcess, accountId: string, orderId: string) {
    return had((await this.orders(process).getOrder({ accountId, orderId, clOrdId: '' }, options)).order);
  }

  /** Waits until the order is so. */
  until(process: RunningProcess, accountId: string, orderId: string, is: (order: Awaited<ReturnType<World['order']>>) => boolean) {
    return eventually(
      async () => {
        const order = await this.order(process, accountId, orderId);
        return is(order) && order;
      },
      { what: `order ${orderId}` },
    );
  }

  follow(process: RunningProcess, cursors: AccountCursor[], call: CallOptions = {}): Followed {
    const stream = this.orders(process).streamOrderEvents({ cursors }, call);
    const followed: Followed = { events: [], live: undefined, closed: undefined, cancel: () => stream.cancel() };
    stream.onMessage(({ events, live }) => {
      followed.events.push(...events);
      if (live) followed.live = followed.events.length;
    });
    stream.onClose((error) => (followed.closed = error === undefined ? 'ended' : Reason[error.reason]));
    this.#followed.push(followed);
    return followed;
  }

  /** The journal rows of an account. */
  async rowsOf(accountId: string): Promise<number> {
    const { rows } = await this.admin.query<{ count: string }>('SELECT count(*) FROM orders.journal WHERE key = $1', [accountId]);
    return Number(rows[0]?.count);
  }

  async #open(): Promise<void> {
    await this.#processes.open();
    this.#around = await this.#processes.run(this.roles(), { SWITCHYARD_PROCESS_NAME: 'around' });
    this.brokers.address = this.#around.address;
  }

  async #close(): Promise<void> {
    for (const followed of this.#followed) followed.cancel();
    await this.#processes.close();
  }
}

export const shardOfGroup = (riskGroupId: string): number => shardOf(RiskGroupId(riskGroupId));

/** What a gateway says that does not know its neighbours yet; nothing was stored. */
function isNotYet(reason: Reason): boolean {
  return reason === Reason.NO_CREDIT || reason === Reason.RISK_UNAVAILABLE;
}

export { had, refusal } from '@switchyard/platform/testing';
