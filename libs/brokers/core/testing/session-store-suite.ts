// What every storage of a session holds to: the one over PostgreSQL, and the one in memory that stands in for it.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { Command, RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { parseDecimal } from '@switchyard/kernel';
import { type SessionChange, SessionLostError, type SessionStore, type SessionTrade, type ShardReport } from '../ports.js';
import { type BrokerRequest, moveRequest } from '../request.js';
import { aNew, tag } from './build.js';

/** A storage and what is around it, where nothing is stored and halt version 0 is in force. */
export interface SessionStoreUnderTest {
  readonly store: SessionStore;
  readonly sessionId: string;
  /** Request ids of the reports of shard 7, in the order of their commits. */
  told(): Promise<readonly string[]>;
  /** The broker's cursor as it is stored. */
  cursor(): Promise<string>;
  /** Puts a halt version in force where the statements run. */
  setHaltVersion(version: number): Promise<void>;
  /** From here on what is appended waits where the halt version is read. */
  hold(): Promise<void>;
  /** Resolves when something that was appended waits there. */
  waits(): Promise<void>;
  /** Puts a halt version in force, and lets go on what waits: it is read now. */
  release(haltVersion: number): Promise<void>;
  /** From here on the session is another process'. */
  lose(): Promise<void>;
}

/** Facts about any storage; each is tried with one where nothing is stored. A spec makes a test of each. */
export const sessionStoreFacts: readonly { readonly fact: string; readonly holds: (under: SessionStoreUnderTest) => Promise<void> }[] = [
  {
    fact: 'commits changes in the order of their calls',
    holds: async (under) => {
      const ids = Array.from({ length: 30 }, (_, at) => `R${at}`);
      const outcomes: Promise<string>[] = [];
      for (const [at, id] of ids.entries()) {
        outcomes.push(under.store.append(insert(under, id)));
        if (at % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
      }
      deepStrictEqual(new Set(await Promise.all(outcomes)), new Set(['committed']));
      deepStrictEqual(await under.told(), ids);
    },
  },
  {
    fact: 'finds a request by its id and by its tag, as it was stored last, and nothing where there is none',
    holds: async (under) => {
      const { store } = under;
      const request = aRequest(under, 'A');
      strictEqual(await store.append(changeOf(under, { inserts: [request] })), 'committed');
      deepStrictEqual(await store.requestById('A'), request);
      const inDoubt = moveRequest(request, RequestState.IN_DOUBT, { answeredAtMs: 0, text: 'no answer', sentAtMs: 12 });
      const accepted = moveRequest(inDoubt, RequestState.ACCEPTED, { answeredAtMs: 15, text: '', brokerOrderId: 'V1' });
      await Promise.all([inDoubt, accepted].map((moved) => store.append(changeOf(under, { updates: [moved] }))));
      deepStrictEqual(await store.requestById('A'), accepted);
      deepStrictEqual(await store.requestByTag(tag('A')), accepted);
      deepStrictEqual([await store.requestById('B'), await store.requestByTag(tag('B'))], [undefined, undefined]);
    },
  },
  {
    fact: 'takes the first insert of an id; the second one says that it exists, and writes nothing at all',
    holds: async (under) => {
      const { store } = under;
      await store.append(insert(under, 'A'));
      const again = { ...insert(under, 'A', { process: 'another' }), trades: [aTrade('T1', '5')], cursor: '9' };
      strictEqual(await store.append(again), 'exists');
      strictEqual((await store.requestById('A'))?.process, 'p1');
      strictEqual(await store.netQty('BA', 'INFY'), 0n);
      deepStrictEqual([await under.told(), await under.cursor()], [['A'], '']);
      strictEqual(await store.append(insert(under, 'B')), 'committed');
    },
  },
  {
    fact: 'takes the first insert of a tag',
    holds: async (under) => {
      const { store } = under;
      await store.append(insert(under, 'A'));
      const other = aRequest(under, 'B');
      const sameTag = { ...other, command: { ...other.command, tag: tag('A') } };
      strictEqual(await store.append(changeOf(under, { inserts: [sameTag] })), 'exists');
      strictEqual(await store.requestById('B'), undefined);
    },
  },
  {
    fact: 'takes the first of several that clash among each other, and everything beside them',
    holds: async (under) => {
      const { store } = under;
      const changes = [
        insert(under, 'A', { process: 'first' }),
        insert(under, 'B'),
        insert(under, 'A', { process: 'second' }),
        insert(under, 'C'),
      ];
      deepStrictEqual(await Promise.all(changes.map((change) => store.append(change))), ['committed', 'committed', 'exists', 'committed']);
      strictEqual((await store.requestById('A'))?.process, 'first');
      deepStrictEqual(await under.told(), ['A', 'B', 'C']);
    },
  },
  {
    fact: 'takes a trade of a broker account once; what comes with it a second time is not written either',
    holds: async (under) => {
      const { store } = under;
      strictEqual(await store.append(changeOf(under, { trades: [aTrade('T1', '5')], cursor: '1' })), 'committed');
      const again = changeOf(under, { trades: [aTrade('T2', '1'), aTrade('T1', '5')], reports: [aReport('A')], cursor: '2' });
      strictEqual(await store.append(again), 'exists');
      strictEqual(await store.netQty('BA', 'INFY'), units('5'));
      deepStrictEqual([await under.told(), await under.cursor()], [[], '1']);
      const ofAnother = { ...aTrade('T1', '5'), brokerAccountId: 'BB' };
      strictEqual(await store.append(changeOf(under, { trades: [ofAnother] })), 'committed');
    },
  },
  {
    fact: 'sums the trades of a broker account and an instrument, exactly; nothing is zero',
    holds: async (under) => {
      const { store } = under;
      const trades = [
        aTrade('T1', '5'),
        aTrade('T2', '-7.000000001'),
        { ...aTrade('T3', '100'), instrumentId: 'TCS' },
        { ...aTrade('T4', '30'), brokerAccountId: 'BB' },
      ];
      await Promise.all(trades.map((trade) => store.append(changeOf(under, { trades: [trade] }))));
      strictEqual(await store.netQty('BA', 'INFY'), units('-2.000000001'));
      strictEqual(await store.netQty('BA', 'TCS'), units('100'));
      strictEqual(await store.netQty('BB', 'INFY'), units('30'));
      strictEqual(await store.netQty('BB', 'TCS'), 0n);
    },
  },
  {
    fact: 'moves the cursor of the broker with a change, and leaves it where the change has none',
    holds: async (under) => {
      const cursors = ['3', undefined, '4', ''];
      for (const cursor of cursors) await under.store.append(changeOf(under, { cursor }));
      strictEqual(await under.cursor(), '4');
    },
  },
  {
    fact: 'writes nothing that was judged by another halt version, and what was judged by none always',
    holds: async (under) => {
      const { store } = under;
      strictEqual(await store.append(insert(under, 'A', {}, 0)), 'committed');
      await under.setHaltVersion(2);
      strictEqual(await store.append(insert(under, 'B', {}, 0)), 'halts-changed');
      strictEqual(await store.requestById('B'), undefined);
      strictEqual(await store.append(insert(under, 'cancel')), 'committed');
      strictEqual(await store.append(insert(under, 'B', {}, 2)), 'committed');
      deepStrictEqual(await under.told(), ['A', 'cancel', 'B']);
    },
  },
  {
    fact: 'sends back, in order, everything judged that queued behind the one at the closed gate; cancels pass',
    holds: async (under) => {
      const { store } = under;
      const ended: string[] = [];
      const append = (id: string, judgedHaltVersion?: number): Promise<unknown> =>
        store.append(insert(under, id, {}, judgedHaltVersion)).then((outcome) => ended.push(`${id} ${outcome}`));
      await under.hold();
      const first = append('A', 0);
      await under.waits();
      // The last one was judged by the version that comes: it may not pass those before it.
      const behind = [append('B', 0), append('cancel'), append('C', 1)];
      await under.release(1);
      await Promise.all([first, ...behind]);
      deepStrictEqual(ended, ['A halts-changed', 'B halts-changed', 'C halts-changed', 'cancel committed']);
      for (const id of ['A', 'B', 'C']) strictEqual(await store.append(insert(under, id, {}, 1)), 'committed');
      deepStrictEqual(await under.told(), ['cancel', 'A', 'B', 'C']);
    },
  },
  {
    fact: 'rejects everything once the session is lost, also what its halts would send back',
    holds: async (under) => {
      const { store } = under;
      await store.append(insert(under, 'A'));
      await under.setHaltVersion(1);
      await under.lose();
      for (const judged of [undefined, 0, 1]) await rejects(store.append(insert(under, `B${judged}`, {}, judged)), SessionLostError);
      deepStrictEqual(await under.told(), ['A']);
    },
  },
];

const units = (text: string): bigint => {
  const parsed = parseDecimal(text);
  if (!parsed.ok) throw new Error(`${text} is no decimal`);
  return parsed.value;
};

function aRequest({ sessionId }: SessionStoreUnderTest, id: string, differs: Partial<BrokerRequest> = {}): BrokerRequest {
  return {
    brokerRequestId: id,
    sessionId,
    shard: 7,
    // As it is read: with every field.
    command: Command.fromPartial(aNew(id)),
    state: RequestState.SENDING,
    sendingAtMs: 10,
    writeAheads: 1,
    sentAtMs: 0,
    answeredAtMs: 0,
    brokerOrderId: '',
    text: '',
    process: 'p1',
    ...differs,
  };
}

function aTrade(tradeId: string, qty: string): SessionTrade {
  return { brokerAccountId: 'BA', tradeId, instrumentId: 'INFY', signedQty: units(qty) };
}

function aReport(id: string): ShardReport {
  const report = { brokerRequestId: id, accountId: 'DEMO', orderId: `order-${id}`, placementId: '', brokerAccountId: 'BA' };
  return { shard: 7, report: Report.fromPartial(report), traceparent: '' };
}

function changeOf({ sessionId }: SessionStoreUnderTest, differs: Partial<SessionChange>): SessionChange {
  return { sessionId, inserts: [], updates: [], trades: [], reports: [], cursor: undefined, judgedHaltVersion: undefined, ...differs };
}

/** A write-ahead with a report of its own. */
function insert(under: SessionStoreUnderTest, id: string, differs: Partial<BrokerRequest> = {}, judgedHaltVersion?: number): SessionChange {
  return changeOf(under, { inserts: [aRequest(under, id, differs)], reports: [aReport(id)], judgedHaltVersion });
}
