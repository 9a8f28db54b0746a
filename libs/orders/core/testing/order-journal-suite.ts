// What every journal of a shard's owner holds to: the one over PostgreSQL, and the one in memory that stands in for it.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { genesisHash, hashChain } from '@switchyard/kernel';
import {
  ApprovalLapsedError,
  type OrderJournal,
  type OwnerChange,
  type OwnerEntry,
  type OwnerRows,
  type ParkedRow,
  type RequestScope,
} from '../ports.js';

/** A journal where nothing is written, and what is around it. */
export interface OrderJournalUnderTest {
  readonly journal: OrderJournal;
  /** `orders/<shard>`. */
  readonly unit: string;
  /** What is stored of the shard, in order. */
  rows(): Promise<readonly { readonly seq: number; readonly hash: Uint8Array; readonly payload: Uint8Array }[]>;
  /** The stored cursor of a stream; 0 where there is none. */
  cursor(stream: string): Promise<number>;
  /** From here on another process has the shard. */
  lose(): Promise<void>;
}

/** Facts about any journal; each is tried with one where nothing is written. A spec makes a test of each. */
export const orderJournalFacts: readonly { readonly fact: string; readonly holds: (under: OrderJournalUnderTest) => Promise<void> }[] = [
  {
    fact: 'writes changes in the order of their calls, numbered without gap in the shard and in each account, with a chain of hashes',
    holds: async (under) => {
      const outcomes: ReturnType<OrderJournal['append']>[] = [];
      for (let n = 0; n < 30; n++) {
        outcomes.push(under.journal.append(change(under, { entries: [fact(under, `${n}`, n % 3 === 0 ? 'A' : 'B')] })));
        if (n % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
      }
      const told = (await Promise.all(outcomes)).flatMap((outcome) => (outcome.kind === 'committed' ? outcome.rows : []));
      const stored = await under.rows();
      let hash: Uint8Array = genesisHash;
      const seqs = new Map<string, number>();
      for (const [at, row] of stored.entries()) {
        hash = hashChain(hash, row.payload);
        const { accountId, accountSeq } = OrderEvent.decode(row.payload);
        seqs.set(accountId, (seqs.get(accountId) ?? 0) + 1);
        deepStrictEqual([row.seq, Buffer.from(row.hash), accountSeq], [at + 1, Buffer.from(hash), seqs.get(accountId)]);
      }
      deepStrictEqual(
        await textsOf(under),
        Array.from({ length: 30 }, (_, n) => `${n}`),
      );
      deepStrictEqual(
        told.map(({ seq }) => seq),
        stored.map(({ seq }) => seq),
      );
    },
  },
  {
    fact: 'finds the event that answered a request of an account, by its scope and id, and nothing where there is none',
    holds: async (under) => {
      await under.journal.append(request(under, 'A', 'clOrdId', 'X', 'an order'));
      await under.journal.append(request(under, 'A', 'adjustmentId', 'X', 'some cash'));
      await under.journal.append(request(under, 'B', 'clOrdId', 'X', 'of another'));
      const texts = await Promise.all(
        ([['A', 'clOrdId'] as const, ['A', 'adjustmentId'] as const, ['B', 'clOrdId'] as const] as const).map(async ([account, scope]) => {
          const found = await under.journal.findRequest(account, scope, 'X');
          return found && textOf(found);
        }),
      );
      deepStrictEqual(texts, ['an order', 'some cash', 'of another']);
      strictEqual(await under.journal.findRequest('A', 'clOrdId', 'Y'), undefined);
      strictEqual(await under.journal.findRequest('B', 'adjustmentId', 'X'), undefined);
    },
  },
  {
    fact: 'takes a request id once, writes nothing of what repeats it, and leaves no gap for it',
    holds: async (under) => {
      const claims = [{ kind: 'account' as const, id: 'C', riskGroupId: 'G' }];
      await under.journal.append(request(under, 'A', 'clOrdId', 'X', 'first'));
      const outcomes = await Promise.all([
        under.journal.append(request(under, 'A', 'clOrdId', 'Y', 'second')),
        under.journal.append(request(under, 'A', 'clOrdId', 'X', 'again', { claims })),
        under.journal.append(request(under, 'A', 'clOrdId', 'Z', 'third')),
        under.journal.append(request(under, 'A', 'clOrdId', 'Z', 'third again')),
      ]);
      deepStrictEqual(
        outcomes.map(({ kind }) => kind),
        ['committed', 'conflict', 'committed', 'conflict'],
      );
      deepStrictEqual(await textsOf(under), ['first', 'second', 'third']);
      strictEqual(await under.journal.findClaim('account', 'C'), undefined);
    },
  },
  {
    fact: 'lets one risk group hold a claim: its own again is no conflict, and of another group nothing is written',
    holds: async (under) => {
      const claim = (riskGroupId: string, text: string): Promise<string> => {
        const claims = [{ kind: 'brokerAccount' as const, id: 'BA', riskGroupId }];
        return under.journal.append(change(under, { entries: [fact(under, text)], extra: { ...noRows, claims } })).then(({ kind }) => kind);
      };
      deepStrictEqual(await Promise.all([claim('G1', 'one'), claim('G1', 'two'), claim('G2', 'three')]), [
        'committed',
        'committed',
        'conflict',
      ]);
      deepStrictEqual([await claim('G2', 'four'), await claim('G1', 'five')], ['conflict', 'committed']);
      strictEqual(await under.journal.findClaim('brokerAccount', 'BA'), 'G1');
      strictEqual(await under.journal.findClaim('account', 'BA'), undefined);
      deepStrictEqual(await textsOf(under), ['one', 'two', 'five']);
    },
  },
  {
    fact: 'writes nothing whose approval has lapsed, or that can’t be encoded; what is beside it goes on',
    holds: async (under) => {
      const lapsed = fact(under, 'lapsed');
      const throwing = (error: Error): OwnerEntry => ({
        ...lapsed,
        encode: () => {
          throw error;
        },
      });
      const outcomes = await Promise.all([
        under.journal.append(change(under, { entries: [fact(under, 'one')] })),
        under.journal.append(change(under, { entries: [lapsed], stillValid: () => false })),
        under.journal.append(change(under, { entries: [lapsed, throwing(new ApprovalLapsedError('the attach broke'))] })),
        under.journal.append(change(under, { entries: [lapsed, throwing(new RangeError('no'))] })),
        under.journal.append(change(under, { entries: [fact(under, 'two')], stillValid: () => true })),
      ]);
      deepStrictEqual(
        outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.text : outcome.kind)),
        ['committed', 'lapsed', 'lapsed', 'RangeError: no', 'committed'],
      );
      deepStrictEqual(await textsOf(under), ['one', 'two']);
    },
  },
  {
    fact: 'moves the cursor of a stream with the change, also with one that has no event',
    holds: async (under) => {
      const at = (seq: number): Partial<OwnerChange> => ({
        cursors: [{ reader: 'owner', stream: 'session/s/00', seq, hash: Buffer.alloc(16, seq) }],
      });
      await under.journal.append(change(under, { entries: [fact(under, 'one')], ...at(2) }));
      await under.journal.append(change(under, at(5)));
      strictEqual(await under.cursor('session/s/00'), 5);
      strictEqual(await under.cursor('session/s/01'), 0);
      deepStrictEqual(await textsOf(under), ['one']);
    },
  },
  {
    fact: 'is lost once another process has the shard, and writes nothing',
    holds: async (under) => {
      await under.journal.append(change(under, { entries: [fact(under, 'one')] }));
      await under.lose();
      const late = await under.journal.append(change(under, { entries: [fact(under, 'late')] }));
      deepStrictEqual(late, { kind: 'lost', maybeWritten: false });
      deepStrictEqual(await textsOf(under), ['one']);
    },
  },
  {
    fact: 'keeps every parked report of an account in order, with the last thing said of each, until it is said to be parked no more',
    holds: async (under) => {
      const parked = (key: string, fromSeq: number, error: string): ParkedRow => {
        return { reader: 'orders', stream: 'session/s/7f', key, fromSeq, error, payload: Buffer.from([fromSeq]) };
      };
      const park = (...rows: ParkedRow[]) => under.journal.append(change(under, { extra: { ...noRows, parked: rows } }));
      const kept = async () =>
        (await under.journal.findParked('session/s/7f', 'A')).map(({ fromSeq, error, payload }) => [fromSeq, error, ...payload]);
      await park(parked('A', 12, 'a'), parked('A', 4, 'b'), parked('B', 7, 'c'));
      await park(parked('A', 9, 'd'));
      await park(parked('A', 4, 'e'));
      deepStrictEqual(await kept(), [
        [4, 'e', 4],
        [9, 'd', 9],
        [12, 'a', 12],
      ]);
      await under.journal.append(change(under, { extra: { ...noRows, unparked: [parked('A', 9, ''), parked('B', 12, '')] } }));
      deepStrictEqual(await kept(), [
        [4, 'e', 4],
        [12, 'a', 12],
      ]);
      deepStrictEqual(await under.journal.findParked('session/s/7e', 'A'), []);
    },
  },
];

const noRows: OwnerRows = { requests: [], claims: [], parked: [], unparked: [] };

function change({ unit }: OrderJournalUnderTest, differs: Partial<OwnerChange>): OwnerChange {
  return { unit, entries: [], ...differs };
}

function fact({ unit }: OrderJournalUnderTest, text: string, accountId = 'A', onSeq: (seq: number) => void = () => undefined): OwnerEntry {
  return {
    stream: unit,
    key: accountId,
    traceparent: '',
    encode: ({ seq, keySeq }) => {
      onSeq(seq);
      const event = { $case: 'tradingStateChanged' as const, value: { text } };
      return OrderEvent.encode(OrderEvent.fromPartial({ accountId, accountSeq: keySeq, event })).finish();
    },
  };
}

/** A change that answers a request. */
function request(
  under: OrderJournalUnderTest,
  accountId: string,
  scope: RequestScope,
  requestId: string,
  text: string,
  differs: Partial<OwnerRows> = {},
): OwnerChange {
  const row = { accountId, scope, requestId, orderId: '', seq: 0 };
  const entries = [fact(under, text, accountId, (seq) => (row.seq = seq))];
  return change(under, { entries, extra: { ...noRows, requests: [row], ...differs } });
}

function textOf({ event }: OrderEvent): string {
  return event?.$case === 'tradingStateChanged' ? event.value.text : 'no text';
}

async function textsOf(under: OrderJournalUnderTest): Promise<string[]> {
  return (await under.rows()).map(({ payload }) => textOf(OrderEvent.decode(payload)));
}
