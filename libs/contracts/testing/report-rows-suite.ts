// What an owner may rely on in the reports of one (session, shard), whoever keeps them: the journal of a broker-connector, and the one that stands in for it
// where orders are tested without brokers. The two nouns meet only here.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { genesisHash, hashChain } from '@switchyard/kernel';
import { Report } from '../gen/brokers/v1/events.js';
import { type ReportRow } from '../gen/brokers/v1/service.js';

/** Where an owner is in the reports. */
export interface ReportCursor {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** A place where no report was kept yet. */
export interface ReportRowsUnderTest {
  /** Keeps reports, in order and all at once. */
  add(...reports: readonly { readonly report: Report; readonly traceparent: string }[]): Promise<void>;
  /** What is sent to an owner that attaches with this cursor; `conflict` where it is refused, since the reports here are not those of its cursor. */
  after(cursor: ReportCursor): Promise<readonly ReportRow[] | 'conflict'>;
}

export const reportRowFacts: readonly { readonly fact: string; readonly holds: (under: ReportRowsUnderTest) => Promise<void> }[] = [
  {
    fact: 'are none at first',
    holds: async (under) => deepStrictEqual(await rowsAfter(under, start), []),
  },
  {
    fact: 'are numbered from 1 without gap in the order they were added, each as it was given, with the trace of its cause',
    holds: async (under) => {
      await under.add(aReport('A'));
      await under.add(aReport('B'), aReport('C'), aReport('B'));
      const rows = await rowsAfter(under, start);
      deepStrictEqual(
        rows.map(({ seq, payload, traceparent }) => [seq, Report.decode(payload), traceparent]),
        ['A', 'B', 'C', 'B'].map((id, at) => [at + 1, aReport(id).report, traceOf(id)]),
      );
    },
  },
  {
    fact: 'are one chain of hashes from the first on',
    holds: async (under) => {
      await under.add(aReport('A'), aReport('A'));
      await under.add(aReport('B'));
      let hash: Uint8Array = genesisHash;
      for (const row of await rowsAfter(under, start)) {
        hash = hashChain(hash, row.payload);
        deepStrictEqual(Buffer.from(row.hash), Buffer.from(hash));
      }
    },
  },
  {
    fact: 'are sent from behind the cursor on, byte for byte as before, and none to an owner that has all',
    holds: async (under) => {
      await under.add(aReport('A'), aReport('B'), aReport('C'));
      const all = await rowsAfter(under, start);
      for (const [at, row] of all.entries()) deepStrictEqual(await rowsAfter(under, row), all.slice(at + 1));
      await under.add(aReport('D'));
      deepStrictEqual((await rowsAfter(under, all[2] as ReportRow)).map(idOf), ['D']);
    },
  },
  {
    fact: 'are refused to a cursor that holds another report, or one that there is not',
    holds: async (under) => {
      await under.add(aReport('A'), aReport('B'));
      const [first, second] = await rowsAfter(under, start);
      strictEqual(await under.after({ seq: 1, hash: (second as ReportRow).hash }), 'conflict');
      strictEqual(await under.after({ seq: 3, hash: (second as ReportRow).hash }), 'conflict');
      deepStrictEqual((await rowsAfter(under, first as ReportRow)).map(idOf), ['B']);
    },
  },
];

const start: ReportCursor = { seq: 0, hash: genesisHash };
const idOf = ({ payload }: ReportRow): string => Report.decode(payload).brokerRequestId;
const traceOf = (id: string): string => `00-${'0'.repeat(31)}1-${Buffer.from(id).toString('hex').padStart(16, '0')}-01`;

function aReport(id: string): { report: Report; traceparent: string } {
  const said = {
    accountId: 'DEMO',
    orderId: `order-${id}`,
    brokerRequestId: id,
    placementId: `order-${id}-1`,
    sessionId: 's-1',
    sentAtMs: 1,
  };
  return { report: Report.fromPartial({ ...said, report: { $case: 'accepted', value: {} } }), traceparent: traceOf(id) };
}

/** Bytes are compared as they are, whatever keeps them. */
async function rowsAfter(under: ReportRowsUnderTest, cursor: ReportCursor): Promise<ReportRow[]> {
  const rows = await under.after(cursor);
  if (rows === 'conflict') throw new Error(`the reports after ${cursor.seq} are refused`);
  return rows.map((row) => ({ ...row, hash: Buffer.from(row.hash), payload: Buffer.from(row.payload) }));
}
