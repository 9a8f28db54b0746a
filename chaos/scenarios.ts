// One scenario a mutant: what must happen for the broken rule to show. Without the mutant each must leave nothing to complain of.
import pg from 'pg';
import { accounts, type Cluster, type ClusterOptions, instruments, type ProcessName } from './cluster.js';
import { type Load } from './load.js';
import { type Market } from './market.js';
import { sleep, until } from './time.js';
import { type Message } from './wire.js';

export interface Stage {
  readonly cluster: Cluster;
  readonly market: Market;
  readonly load: Load;
  /** Runs the load's own clients for a while. */
  underLoad(durationMs: number): Promise<void>;
}

export interface Scenario {
  /** Variables of processes that make the moment long enough to be met. */
  readonly env?: ClusterOptions['env'];
  play(stage: Stage): Promise<void>;
}

const [first] = accounts as [(typeof accounts)[number]];
const instrument = instruments[0];

const ready = (cluster: Cluster, name: ProcessName): Promise<void> => until(60_000, () => cluster.process(name).ready());

async function crash(cluster: Cluster, names: readonly ProcessName[]): Promise<void> {
  await Promise.all(names.map((name) => cluster.process(name).kill()));
  for (const name of names) cluster.restart(name);
  for (const name of names) await ready(cluster, name);
}

/** Holds a table so that inserts wait; returns the function that lets go. */
async function holdTable(cluster: Cluster, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: cluster.postgres.address });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`LOCK TABLE ${table} IN SHARE MODE`);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

function limitOrder(market: Market, orderQty: string, trades: boolean): Message {
  const price = market.priceOf(instrument, true, trades);
  if (price === undefined) throw new Error('there is no market');
  const timeInForce = trades ? 'TIME_IN_FORCE_IOC' : 'TIME_IN_FORCE_DAY';
  return { instrument, side: 'SIDE_BUY', ordType: 'ORD_TYPE_LIMIT', timeInForce, product: 'PRODUCT_INTRADAY', orderQty, price };
}

const place = ({ load }: Stage, clOrdId: string, content: Message): Promise<Message | undefined> =>
  load.ask('place', first.accountId, clOrdId, { accountId: first.accountId, clOrdId, content }, 'placeOrder');

/** An append waits in the database while its process stands still and another one takes over; then it goes on. */
async function appendOutlivesItsOwner(stage: Stage): Promise<void> {
  const { cluster, market, underLoad } = stage;
  const owner = await ownerOf(cluster, first.accountId);
  const letGo = await holdTable(cluster, 'orders.requests');
  const waiting = place(stage, 'stray', limitOrder(market, '1', false));
  await sleep(1000);
  cluster.process(owner).signal('SIGSTOP');
  await until(60_000, async () => (await ownerOf(cluster, first.accountId)) !== owner || `${owner} still owns the shard`);
  await letGo();
  await sleep(1000);
  cluster.process(owner).signal('SIGCONT');
  await waiting;
  await underLoad(4000);
}

/** By the rows of the database: a process that stands still could not say. */
async function ownerOf(cluster: Cluster, accountId: string): Promise<ProcessName> {
  const client = new pg.Client({ connectionString: cluster.postgres.address });
  await client.connect();
  try {
    const { rows } = await client.query<{ process: ProcessName }>(
      `SELECT h.process FROM orders.accounts a JOIN orders.ownership o ON o.unit = 'orders/' || lpad(to_hex(a.shard::int), 2, '0')
       JOIN orders.holders h ON h.id = o.holder_id WHERE a.account_id = $1`,
      [accountId],
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`nobody owns the shard of ${accountId}`);
    return row.process;
  } finally {
    await client.end();
  }
}

async function connectorDiesAfterSending({ cluster, underLoad }: Stage): Promise<void> {
  await cluster.process('broker-connector').kill();
  cluster.restart('broker-connector', { failpoints: 'brokers.before-report=kill@5' });
  const loading = underLoad(12_000);
  await cluster.process('broker-connector').exited;
  cluster.restart('broker-connector');
  await ready(cluster, 'broker-connector');
  await loading;
}

async function trackerRestarts({ cluster, underLoad }: Stage): Promise<void> {
  await underLoad(5000);
  await sleep(2000);
  await crash(cluster, ['position-tracker']);
  await underLoad(3000);
}

async function gatewaysRestart({ cluster, underLoad }: Stage): Promise<void> {
  await underLoad(5000);
  await crash(cluster, ['order-gateway-1', 'order-gateway-2']);
  await underLoad(4000);
}

/** The write-ahead waits in the database while a halt comes into force. */
async function haltOvertakesWriteAhead(stage: Stage): Promise<void> {
  const { cluster, market } = stage;
  await place(stage, 'warm-up', limitOrder(market, '1', true));
  await sleep(1000);
  const letGo = await holdTable(cluster, 'brokers.requests');
  await place(stage, 'overtaken', limitOrder(market, '2', false));
  await sleep(400);
  const halted = market.haltOnce(first.accountId, 2500);
  await sleep(1500);
  await letGo();
  if ((await halted) === undefined) throw new Error('the halt did not come into force while the write-ahead waited');
}

/** Appends wait in the database while the attach to risk breaks: risk drops their reservations. All within the five seconds that an append may take. */
async function attachBreaks(stage: Stage): Promise<void> {
  const { cluster, market } = stage;
  // Four of them fit under the limit of open value, eight do not.
  const content = limitOrder(market, '35', false);
  const letGo = await holdTable(cluster, 'orders.requests');
  const early = [1, 2, 3, 4].map((n) => place(stage, `early-${n}`, content));
  await sleep(500);
  cluster.wires.get('risk-engine')?.resetConnections();
  await sleep(200);
  const gateways = ['order-gateway-1', 'order-gateway-2'] as const;
  // With the rule in force they are not ready before the appends are done.
  await until(
    2000,
    async () => (await Promise.all(gateways.map((name) => cluster.process(name).ready()))).find((answer) => answer !== true) ?? true,
  ).catch(() => undefined);
  const late = [1, 2, 3, 4].map((n) => place(stage, `late-${n}`, content));
  await sleep(700);
  await letGo();
  await Promise.all([...early, ...late]);
}

/** An answered order is asked for again when neither memory nor risk is there. */
async function askedAgainWithoutRisk(stage: Stage): Promise<void> {
  const { cluster, market } = stage;
  const content = limitOrder(market, '1', true);
  await place(stage, 'asked-twice', content);
  await sleep(3000);
  await crash(cluster, ['order-gateway-1', 'order-gateway-2']);
  await sleep(2000);
  cluster.process('risk-engine').signal('SIGSTOP');
  const again = place(stage, 'asked-twice', content);
  await sleep(4000);
  cluster.process('risk-engine').signal('SIGCONT');
  await again;
}

/** By the name of the mutant. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'no-fence': { play: appendOutlivesItsOwner },
  'sending-sent-again': { play: connectorDiesAfterSending },
  'effect-without-cursor': { play: trackerRestarts },
  'report-folded-twice': { play: gatewaysRestart },
  'halt-without-version': { env: { 'broker-connector': { BROKERS_WRITE_AHEAD_AGE_MS_MAX: '10000' } }, play: haltOvertakesWriteAhead },
  'approval-outlives-attach': { play: attachBreaks },
  'other-time-in-force': { play: ({ underLoad }) => underLoad(5000) },
  'refusal-without-look-up': { play: askedAgainWithoutRisk },
};
