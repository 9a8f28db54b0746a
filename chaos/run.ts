// One run: a cluster under load, faults, rest, evidence, judgement.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accounts, Cluster, type ClusterOptions, instruments } from './cluster.js';
import { readTopics } from './collect-events.js';
import { countSessionMoves, readDatabase, readWitness } from './collect.js';
import { kindsOf, missingOf } from './coverage.js';
import { type AccountEvidence, type Evidence, type HaltEvidence, type PositionEvidence } from './evidence.js';
import { type LimitUse, limitUse } from './judge/books.js';
import { factsOf, text, type Violation } from './judge/facts.js';
import { judge } from './judge/judge.js';
import { journalOfTopic } from './judge/topics.js';
import { onTheWire } from './judge/venue.js';
import { Load, type LoadRecord } from './load.js';
import { Market } from './market.js';
import { allFailpoints, type FaultKind, Nemesis, scheduleOf } from './nemesis.js';
import { root } from './processes.js';
import { quiesce } from './quiesce.js';
import { Random } from './random.js';
import { sleep, until } from './time.js';

/** Low: a few resting orders fill it, so that a reservation that leaks is felt soon. */
export const openValueMax = '250000';
/** Once faults stop, all work must be done within this. */
export const drainMs = 60_000;

/** What a last quote caused is folded and published within this. */
const stillMs = 2_000;

/** At least so many faults a process, deaths at failpoints included. */
const faultsEachMin = 8;

export interface RunOptions {
  readonly seed: number;
  /** The load ends when so many orders were placed and the faults are over. */
  readonly orders: number;
  readonly faults: number;
  readonly folder: string;
  readonly cluster?: Pick<ClusterOptions, 'mutant' | 'env'>;
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly commit: string;
  readonly folder: string;
  readonly tookMs: number;
  readonly orders: number;
  readonly requests: number;
  readonly faults: number;
  readonly faultsByTarget: Readonly<Record<string, number>>;
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly failpoints: Readonly<Record<string, number>>;
  readonly doubts: { readonly found: number; readonly provenAbsent: number };
  /** How often a session's requests went on at another connector. */
  readonly sessionMoves: number;
  readonly halts: number;
  readonly onTheWire: number;
  readonly facts: number;
  readonly trades: number;
  /** Replaces that reached the venue. */
  readonly replaces: number;
  /** Orders of each kind that the venue met. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly limit: LimitUse;
  readonly drainMs: number;
  /** Milliseconds from death to ready: smallest, median, greatest by process. */
  readonly recoveries: Readonly<
    Record<string, { readonly count: number; readonly min: number; readonly median: number; readonly max: number }>
  >;
  readonly selfEnded: number;
  readonly violations: readonly Violation[];
}

export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, folder, say } = options;
  const startedAtMs = Date.now();
  mkdirSync(folder, { recursive: true });
  const random = new Random(seed);
  say('starting PostgreSQL, Kafka, Redis and nine processes');
  const cluster = await Cluster.start({ folder: path.join(folder, 'cluster'), ...options.cluster });
  const nemesis = new Nemesis(cluster, random, (line) =>
    say(`${String(Math.round((Date.now() - startedAtMs) / 1000)).padStart(4)} s  ${line}`),
  );
  try {
    await cluster.ready(120_000);
    await cluster.seed(openValueMax);
    say(`ready after ${Date.now() - startedAtMs} ms`);
    nemesis.keep();
    const market = new Market(cluster, new Random(seed + 1));
    const following = market.follow();
    const load = newLoad(cluster, market, options);
    const loading = load.run();
    await until(30_000, async () => Promise.resolve(load.answered > 20 || 'no order was answered yet'));
    const halting = market.halt(6000);
    await nemesis.run(scheduleOf(random, options.faults, faultsEachMin));
    for (const failpoint of allFailpoints) if (nemesis.hits.get(failpoint) === 0) await nemesis.hit(failpoint, 60_000);
    await nemesis.moveSessions(async () => (await countSessionMoves(cluster.postgres.address)) > 0, 40_000);
    await nemesis.topUp(faultsEachMin);
    say('faults are over; the load goes on to its end');
    await load.whenPlaced(options.orders);
    await load.whenMet(60_000);
    nemesis.stop();
    market.stop();
    load.stop();
    await Promise.all([loading, halting, following]);
    load.close();
    const { undrained, tookMs: drainedMs } = await quiesce(cluster, drainMs);
    say(`${undrained.length === 0 ? 'drained' : 'NOT drained'} after ${drainedMs} ms`);
    const evidence = await collect(cluster, load.records, market.halts, undrained);
    const violations = judge(evidence);
    await nemesis.release();
    const sessionMoves = await countSessionMoves(cluster.postgres.address);
    const result = resultOf({ options, startedAtMs, evidence, nemesis, violations, drainedMs, sessionMoves });
    writeFileSync(path.join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await nemesis.release();
    await cluster.stop();
  }
}

export function newLoad(cluster: Cluster, market: Market, { seed, folder }: Pick<RunOptions, 'seed' | 'folder'>, clients = 8): Load {
  return new Load({
    addresses: cluster.gateways,
    token: cluster.token,
    accounts: accounts.map(({ accountId }) => accountId),
    instruments,
    clients,
    seed,
    logFile: path.join(folder, 'load.log'),
    pauseMsMax: 40,
    priceOf: (...of) => market.priceOf(...of),
  });
}

/** Asks everybody, and reads everything. Prices stand still meanwhile, so that nothing trades between what is read first and what is read last. */
export async function collect(
  cluster: Cluster,
  load: readonly LoadRecord[],
  halts: readonly HaltEvidence[],
  undrained: readonly string[],
): Promise<Evidence> {
  cluster.process('market-data').signal('SIGSTOP');
  await sleep(stillMs);
  try {
    return { ...(await readEverything(cluster)), load, halts, undrained };
  } finally {
    cluster.process('market-data').signal('SIGCONT');
  }
}

async function readEverything(cluster: Cluster): Promise<Omit<Evidence, 'load' | 'halts' | 'undrained'>> {
  const database = await readDatabase(cluster.postgres.address);
  const perAccount: AccountEvidence[] = [];
  const venuePositions: PositionEvidence[] = [];
  for (const { accountId, riskGroupId, brokerAccountId } of accounts) {
    const risk = await asked(() => cluster.call('risk.v1.RiskService', 'getRiskState', 'risk-engine', { accountId, riskGroupId }));
    perAccount.push({
      accountId,
      brokerAccountId,
      openValueMax,
      openValue: text(risk, 'openValue') || '-1',
      openOrders: (risk?.['openOrders'] as number | undefined) ?? -1,
    });
    for (const instrumentId of new Set(
      database.positions.filter((position) => position.accountId === accountId).map((position) => position.instrumentId),
    )) {
      const position = await asked(() =>
        cluster.call('matching.v1.MatchingService', 'getPosition', 'matching-engine', { brokerAccountId, instrumentId }),
      );
      if (position !== undefined) venuePositions.push({ accountId, instrumentId, netQty: text(position, 'netQty') });
    }
  }
  const topics = await readTopics(cluster.kafka.address, 'sim', Object.keys(journalOfTopic));
  return { ...database, ...readWitness(cluster.proxy.logFile), accounts: perAccount, venuePositions, topics };
}

/** An answer within twenty seconds, or undefined: the judge then sees that there was none. */
async function asked<T>(call: () => Promise<T>): Promise<T | undefined> {
  for (let n = 0; n < 10; n++) {
    try {
      return await call();
    } catch {
      await sleep(500);
    }
  }
  return undefined;
}

/** How doubts of this run ended. */
export function doubtsOf(evidence: Evidence): RunResult['doubts'] {
  const facts = factsOf(evidence);
  return {
    found: facts.filter(({ name }) => name === 'doubtResolved').length,
    provenAbsent: facts.filter(
      ({ name, value }) => (name === 'orderRejected' || name === 'requestRejected') && value['reason'] === 'REASON_PROVEN_ABSENT',
    ).length,
  };
}

function resultOf(from: {
  options: RunOptions;
  startedAtMs: number;
  evidence: Evidence;
  nemesis: Nemesis;
  violations: readonly Violation[];
  drainedMs: number;
  sessionMoves: number;
}): RunResult {
  const { options, startedAtMs, evidence, nemesis, drainedMs, sessionMoves } = from;
  const doubts = doubtsOf(evidence);
  const orders = evidence.load.filter(({ kind }) => kind === 'place').length;
  const facts = factsOf(evidence);
  const trades = facts.filter(({ name }) => name === 'tradeBooked').length;
  const replaces = evidence.commands.filter(({ kind, dropped }) => kind === 'replace' && !dropped).length;
  const limit = limitUse(evidence);
  const kinds = kindsOf(evidence);
  const failpoints = Object.fromEntries(nemesis.hits);
  const missing = missingOf({ failpoints, orders, ordersWanted: options.orders, trades, doubts, sessionMoves, limit, replaces, kinds });
  return {
    seed: options.seed,
    commit: commitNow(),
    folder: options.folder,
    tookMs: Date.now() - startedAtMs,
    orders,
    requests: evidence.load.length,
    faults: nemesis.done.length,
    faultsByTarget: countedBy(nemesis.done, ({ target }) => target),
    faultsByKind: countedBy(nemesis.done, ({ kind }): FaultKind => kind),
    failpoints,
    doubts,
    sessionMoves,
    halts: evidence.halts.length,
    onTheWire: onTheWire(evidence),
    facts: facts.length,
    trades,
    replaces,
    kinds,
    limit,
    drainMs: drainedMs,
    recoveries: spread(nemesis),
    selfEnded: nemesis.selfEnded.length,
    violations: [...from.violations, ...missing],
  };
}

function countedBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

function spread({ recoveries }: Nemesis): RunResult['recoveries'] {
  const byProcess = Map.groupBy(recoveries, ({ process }) => process);
  return Object.fromEntries(
    [...byProcess].map(([process, list]) => {
      const times = list.map(({ afterMs }) => afterMs).toSorted((a, b) => a - b);
      return [
        process,
        { count: times.length, min: times[0] ?? 0, median: times[Math.floor(times.length / 2)] ?? 0, max: times.at(-1) ?? 0 },
      ];
    }),
  );
}

export function commitNow(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
