import { describe, expect, it } from '@jest/globals';
import { type BookEvidence, type Evidence, type TopicMessage } from '../evidence.js';
import { invariants, judge } from './judge.js';
import { enumName } from '../wire.js';
import { aFact, aTrade, anExecution, clean } from './small-evidence.js';

/** What of the clean evidence is changed, and which invariant must notice. Others may notice too. */
const broken: readonly [invariant: string, what: string, change: (evidence: Evidence) => Partial<Evidence>][] = [
  [
    'I1',
    'a request that met a defect',
    (e) => ({ load: [...e.load, { ...answered(e), clOrdId: 'new', answer: undefined, refused: 'INTERNAL: internal error 7' }] }),
  ],
  ['I1', 'an answered order that no fact holds', (e) => ({ load: [...e.load, { ...answered(e), clOrdId: 'lost' }] })],
  ['I1', 'two facts that answer one clOrdId', (e) => ({ facts: [...e.facts, aFact(e, 'orderAccepted', { clOrdId: 'A', orderId: 'o9' })] })],
  [
    'I1',
    'an order stored with another quantity',
    (e) => ({ load: e.load.map((r) => ({ ...r, request: { content: { ...(r.request['content'] as object), orderQty: '11' } } })) }),
  ],
  [
    'I1',
    'a refusal of what is stored',
    (e) => ({ load: [{ ...answered(e), refusals: [{ reason: 'RISK_UNAVAILABLE', askedAtMs: 5000 }] }] }),
  ],
  ['I2', 'an order in doubt', (e) => ({ facts: withLastState(e, { inDoubt: true }) })],
  ['I2', 'an order that is still pending', (e) => ({ facts: withLastState(e, { ordStatus: 'ORD_STATUS_PENDING_CANCEL' }) })],
  [
    'I2',
    'an open order that the venue does not have',
    (e) => ({ facts: withLastState(e, { ordStatus: 'ORD_STATUS_NEW' }), executions: [] }),
  ],
  ['I3', 'a tag that was sent twice', (e) => ({ commands: [...e.commands, ...e.commands] })],
  [
    'I3',
    'a tag that was sent again after it was lost',
    (e) => ({ commands: [...e.commands, ...e.commands.map((c) => ({ ...c, dropped: true }))] }),
  ],
  ['I4', 'another final state', (e) => ({ facts: withLastState(e, { ordStatus: 'ORD_STATUS_CANCELED' }) })],
  ['I4', 'another filled quantity', (e) => ({ facts: withLastState(e, { cumQty: '9' }) })],
  ['I4', 'another average price', (e) => ({ facts: withLastState(e, { avgPx: '100.000000001' }) })],
  ['I5', 'an order that was never accepted', (e) => ({ commands: [...e.commands, { ...command(e), tag: 'stranger' }] })],
  [
    'I5',
    'an order that was said not to be sent',
    (e) => ({ facts: [...e.facts, aFact(e, 'orderRejected', { orderId: 'o1', notSent: true })] }),
  ],
  ['I6', 'a gap in the sequence of an account', (e) => ({ facts: e.facts.filter((_, at) => at !== 1) })],
  [
    'I6',
    'a final state that was left',
    (e) => ({ facts: [...e.facts, aFact(e, 'orderCanceled', { orderId: 'o1' }, { ordStatus: 'ORD_STATUS_CANCELED' })] }),
  ],
  ['I7', 'a trade that was booked twice', (e) => ({ facts: [...e.facts, aTrade(e)] })],
  ['I7', 'more filled than ordered', (e) => ({ facts: withLastState(e, { cumQty: '11', content: { orderQty: '10', price: '100' } }) })],
  [
    'I8',
    'a trade that the venue never made',
    (e) => ({ executions: e.executions.filter(({ execution }) => execution['kind'] !== 'EXECUTION_KIND_TRADE') }),
  ],
  [
    'I8',
    'a trade that was never booked',
    (e) => ({
      executions: [
        ...e.executions,
        anExecution(3, { kind: 'EXECUTION_KIND_TRADE', tradeId: 'T2', lastQty: '1', lastPx: '100', leavesQty: '0' }),
      ],
    }),
  ],
  [
    'I8',
    'a charge that the venue never took',
    (e) => ({ executions: e.executions.map((each) => ({ ...each, execution: { ...each.execution, fees: [] } })) }),
  ],
  ['I9', 'a position that is not the sum of fills', (e) => ({ positions: e.positions.map((p) => ({ ...p, netQty: '20' })) })],
  ['I9', 'a position that is not the venue’s', (e) => ({ venuePositions: e.positions.map((p) => ({ ...p, netQty: '0' })) })],
  ['I10', 'postings that do not balance', (e) => ({ postings: e.postings.slice(0, -1) })],
  ['I10', 'a trade that was posted twice', (e) => ({ postings: [...e.postings, ...e.postings] })],
  ['I10', 'other cash than the facts make', (e) => ({ cash: e.cash.map((c) => ({ ...c, balance: '1' })) })],
  ['I10', 'a charge that was not taken from cash', withoutCharge],
  ['I11', 'a reservation that leaked', (e) => ({ accounts: e.accounts.map((a) => ({ ...a, openValue: '1000' })) })],
  ['I12', 'more open than the limit', (e) => ({ accounts: e.accounts.map((a) => ({ ...a, openValueMax: '999.99' })) })],
  ['I13', 'orders that overtook each other', overtaken],
  ...['orders.v1', 'executions.v1', 'positions.v1', 'risk.v1', 'matching.v1'].map((topic): (typeof broken)[number] => [
    'I14',
    `a row that is not in ${topic}`,
    inTopic(topic, (all) => all.slice(0, -1)),
  ]),
  ['I14', 'messages in another order', inTopic('risk.v1', (all) => all.toReversed())],
  ['I14', 'a message with other bytes', inTopic('positions.v1', (all) => all.map((one) => ({ ...one, payload: Buffer.from('?') })))],
  ['I14', 'a message with another hash', inTopic('positions.v1', (all) => all.map((one) => ({ ...one, hash: '?' })))],
  ['I14', 'a message with another key', inTopic('positions.v1', (all) => all.map((one) => ({ ...one, key: '?' })))],
  ['I14', 'a message that no journal has', inTopic('matching.v1', (all) => [...all, { ...(all[1] as TopicMessage), seq: 3 }])],
  ['I14', 'a fact among the trades', (e) => ({ topics: { ...e.topics, 'executions.v1': e.topics['orders.v1'] ?? [] } })],
  ['I14', 'a stream in two partitions', inTopic('risk.v1', (all) => all.map((one) => ({ ...one, partition: one.seq })))],
  ['I14', 'a journal with a gap', (e) => ({ journals: { ...e.journals, risk: e.journals.risk.slice(1) } })],
  [
    'I14',
    'a row that was changed',
    (e) => ({ journals: { ...e.journals, risk: e.journals.risk.map((row) => ({ ...row, payload: Buffer.from('?') })) } }),
  ],
  ['I14', 'a trade that was folded twice', (e) => ({ trackedTrades: [...e.trackedTrades, ...e.trackedTrades] })],
  ['I17', 'an order during a halt', () => ({ halts: [{ accountId: 'ACC', engagedAtMs: 700, releasedAtMs: 2000 }] })],
  ['I20', 'what did not drain', () => ({ undrained: ['1 broker requests'] })],
  ['I20', 'a request without an answer', (e) => ({ load: [...e.load, { ...answered(e), answer: undefined }] })],
  [
    'V1',
    'an order for another instrument',
    (e) => ({ commands: e.commands.map((c) => ({ ...c, command: { ...c.command, instrumentId: 'I2' } })) }),
  ],
  ['I21', 'an order that no fact made what it says', (e) => ({ facts: withLastState(e, { leavesQty: '1' }) })],
  ['I21', 'a row with another status', (e) => ({ orderRows: e.orderRows.map((r) => ({ ...r, ordStatus: 'ORD_STATUS_CANCELED' })) })],
  ['I21', 'a row with another value of its fills', (e) => ({ orderRows: e.orderRows.map((r) => ({ ...r, notional: '1' })) })],
  ['I21', 'a row that is older than was written', (e) => ({ orderRows: e.orderRows.map((r) => ({ ...r, accountSeq: 2 })) })],
  ['I21', 'an order without a row', () => ({ orderRows: [] })],
  ['I21', 'a position with another cost', (e) => ({ books: e.books.map((b) => ({ ...b, openNotional: '1' })) })],
  ['I21', 'a position with other fees', (e) => ({ books: e.books.map((b) => ({ ...b, fees: '3' })) })],
  ['I21', 'a charge under another name', (e) => ({ postings: e.postings.map((p) => ({ ...p, book: p.book.replace('STT', 'GST') })) })],
  ['I21', 'a position that no fact made', (e) => ({ books: [...e.books, { ...(e.books[0] as BookEvidence), product: 'DELIVERY' }] })],
  ['I21', 'a posting to another book', (e) => ({ postings: e.postings.map((p) => ({ ...p, book: p.book.replace('capital', 'gift') })) })],
  ['I21', 'other cash than a replay gives', (e) => ({ cash: e.cash.map((c) => ({ ...c, balance: '3998.500000001' })) })],
];

function inTopic(topic: string, change: (messages: readonly TopicMessage[]) => readonly TopicMessage[]) {
  return ({ topics }: Evidence): Partial<Evidence> => ({ topics: { ...topics, [topic]: change(topics[topic] ?? []) } });
}

/** Balanced, and the balance fits: only the facts tell that a charge is missing. */
function withoutCharge({ postings, cash }: Evidence): Partial<Evidence> {
  return {
    postings: postings
      .filter(({ book }) => book !== 'fees:STT')
      .map((posting) => (posting.amount === '-1001.5' ? { ...posting, amount: '-1000' } : posting)),
    cash: cash.map((balance) => ({ ...balance, balance: '4000' })),
  };
}

const answered = ({ load }: Evidence) => load[0] as Evidence['load'][number];
const command = ({ commands }: Evidence) => commands[0] as Evidence['commands'][number];

function withLastState({ facts }: Evidence, change: object): Evidence['facts'] {
  return facts.map((fact, at) =>
    at === facts.length - 1 ? { ...fact, event: { ...fact.event, state: { ...(fact.event['state'] as object), ...change } } } : fact,
  );
}

function overtaken(e: Evidence): Partial<Evidence> {
  const second = aFact(e, 'orderAccepted', { orderId: 'o2', clOrdId: 'B', placement: { tag: 'tag-2' } });
  return { facts: [...e.facts, second], commands: [{ ...command(e), tag: 'tag-2' }, ...e.commands] };
}

describe('the judge', () => {
  it('has nothing to say about clean evidence', () => {
    expect(judge(clean())).toEqual([]);
  });

  it.each(broken)('%s: notices %s', (invariant, _what, change) => {
    const evidence = clean();
    const names = judge({ ...evidence, ...change(evidence) }).map((violation) => violation.invariant);
    expect(names).toContain(invariant);
  });

  it('knows the words of a stored number from proto/', () => {
    expect(enumName('common.v1.OrdStatus', 4)).toBe('ORD_STATUS_FILLED');
    expect(enumName('common.v1.OrdStatus', 999)).toBe('999');
  });

  it('has a case for every invariant', () => {
    expect(new Set(broken.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(invariants)));
  });

  it('wants a row of an order only once it is said to be written', () => {
    const evidence = clean();
    const [[stream]] = [...evidence.flushed] as [[string, number]];
    expect(judge({ ...evidence, orderRows: [], flushed: new Map([[stream, 1]]) })).toEqual([]);
    expect(judge({ ...evidence, orderRows: [], flushed: new Map([[stream, 2]]) }).map(({ invariant }) => invariant)).toEqual(['I21']);
  });

  it('lets through what was on the wire when a halt came, and cancels', () => {
    const evidence = clean();
    expect(judge({ ...evidence, halts: [{ accountId: 'ACC', engagedAtMs: 900, releasedAtMs: 2000 }] })).toEqual([]);
    const cancel = { ...command(evidence), kind: 'cancel' as const, tag: 'cancel-1' };
    expect(
      invariants['I17']?.check({
        ...evidence,
        commands: [...evidence.commands, { ...cancel, atMs: 9000 }],
        halts: [{ accountId: '', engagedAtMs: 5000, releasedAtMs: 10_000 }],
      }),
    ).toEqual([]);
  });

  it('lets messages come again, as after a takeover', () => {
    const evidence = clean();
    const again = inTopic('orders.v1', (all) => [...all.slice(0, 2), ...all]);
    expect(judge({ ...evidence, ...again(evidence) })).toEqual([]);
  });

  it('lets a late trade fill an order that was canceled', () => {
    const evidence = clean();
    const facts = evidence.facts.toSpliced(
      2,
      0,
      aFact(
        { ...evidence, facts: evidence.facts.slice(0, 2) },
        'orderCanceled',
        { orderId: 'o1' },
        { ordStatus: 'ORD_STATUS_CANCELED', cumQty: '0' },
      ),
    );
    const renumbered = facts.map((fact, at) => ({ ...fact, seq: at + 1, event: { ...fact.event, accountSeq: at + 1 } }));
    expect(invariants['I6']?.check({ ...evidence, facts: renumbered })).toEqual([]);
  });
});
