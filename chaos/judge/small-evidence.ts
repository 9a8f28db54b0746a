// Small evidence by hand for the judge's own tests: one order for ten at 100, filled at once at a charge of 1.5, nothing wrong.
import { createHash } from 'node:crypto';
import { type Evidence, type JournalFact, type SequencedRow, type TopicMessage, type VenueExecution } from '../evidence.js';
import { type Message } from '../wire.js';

const stream = 'orders/7f';
const content = {
  instrument: 'I1',
  side: 'SIDE_BUY',
  ordType: 'ORD_TYPE_LIMIT',
  timeInForce: 'TIME_IN_FORCE_DAY',
  product: 'PRODUCT_INTRADAY',
  orderQty: '10',
  price: '100',
};
const open = {
  orderId: 'o1',
  clOrdId: 'A',
  content,
  ordStatus: 'ORD_STATUS_PENDING_NEW',
  cumQty: '0',
  leavesQty: '10',
  avgPx: '0',
  cancelPending: false,
  inDoubt: false,
  replaceQty: '',
  replacePrice: '',
  replaceStopPx: '',
};
/** As the venue gets it. */
const newOrder = {
  tag: 'tag-1',
  brokerAccountId: 'PAPER-1',
  instrumentId: 'I1',
  side: 'SIDE_BUY',
  ordType: 'ORD_TYPE_LIMIT',
  timeInForce: 'TIME_IN_FORCE_DAY',
  product: 'PRODUCT_INTRADAY',
  orderQty: '10',
  price: '100.00',
  selfTradePrevention: 'SELF_TRADE_PREVENTION_UNSPECIFIED',
};
const trade = {
  orderId: 'o1',
  tradeId: 'T1',
  instrumentId: 'I1',
  brokerAccountId: 'PAPER-1',
  product: 'PRODUCT_INTRADAY',
  side: 'SIDE_BUY',
  lastQty: '10',
  lastPx: '100',
  currency: 'INR',
  fees: [{ name: 'STT', amount: '1.5' }],
};
const filled = { ...open, ordStatus: 'ORD_STATUS_FILLED', cumQty: '10', leavesQty: '0', avgPx: '100' };

function numbered(at: number, event: string, value: Message, state?: Message): JournalFact {
  return { stream, seq: at, event: { accountId: 'ACC', accountSeq: at, atMs: 1000, event, [event]: value, state } };
}

/** The next fact of the account. */
export function aFact({ facts }: Pick<Evidence, 'facts'>, event: string, value: Message, state: Message = open): JournalFact {
  return numbered(facts.length + 1, event, event === 'orderAccepted' ? { content, ...value } : value, { ...open, ...state });
}

/** The trade of the clean evidence once more. */
export const aTrade = ({ facts }: Pick<Evidence, 'facts'>): JournalFact => numbered(facts.length + 1, 'tradeBooked', trade, filled);

export function anExecution(seq: number, of: Message): VenueExecution {
  return { session: 'paper-1', seq, execution: { seq, tag: 'tag-1', orderTag: 'tag-1', leavesQty: '10', ...of } };
}

/** So many rows of a stream, with bytes that stand for their events. */
export function rowsOf(stream: string, count: number): SequencedRow[] {
  const rows: SequencedRow[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const payload = Buffer.from(`${stream}#${seq}`);
    const before = Buffer.from(rows.at(-1)?.hash ?? '0'.repeat(32), 'hex');
    const hash = createHash('sha256').update(before).update(payload).digest('hex').slice(0, 32);
    rows.push({ stream, seq, key: 'ACC', hash, payload });
  }
  return rows;
}

const inTopic = (rows: readonly SequencedRow[]): TopicMessage[] => rows.map((row) => ({ ...row, partition: 3 }));

export function clean(): Evidence {
  const facts = [
    numbered(1, 'cashAdjusted', { adjustmentId: 'opening', currency: 'INR', amount: '5000' }),
    numbered(2, 'orderAccepted', { orderId: 'o1', clOrdId: 'A', content, placement: { tag: 'tag-1' } }, open),
    numbered(3, 'tradeBooked', trade, filled),
  ];
  const journals = {
    orders: rowsOf(stream, 3),
    positions: rowsOf('positions/7f', 1),
    risk: rowsOf('risk', 2),
    matching: rowsOf('venue', 2),
  };
  const posting = (accountSeq: number, line: number, book: string, amount: string, ref: string): Evidence['postings'][number] => ({
    accountId: 'ACC',
    accountSeq,
    line,
    atMs: 1000,
    book,
    currency: 'INR',
    amount,
    ref,
  });
  return {
    instruments: new Map([['NSE:ONE', 'I1']]),
    accounts: [{ accountId: 'ACC', brokerAccountId: 'PAPER-1', openValueMax: '1000', openValue: '0', openOrders: 0 }],
    load: [
      {
        accountId: 'ACC',
        clOrdId: 'A',
        kind: 'place',
        request: { content: { ...content, instrument: 'NSE:ONE' } },
        askedAtMs: 900,
        answeredAtMs: 1100,
        answer: { order: { accountId: 'ACC', firstClOrdId: 'A', ...open } },
        refusals: [],
        tries: 1,
      },
    ],
    commands: [{ atMs: 1050, stream: 1, kind: 'newOrder', dropped: false, tag: 'tag-1', command: newOrder }],
    executions: [
      anExecution(1, { kind: 'EXECUTION_KIND_NEW' }),
      anExecution(2, { kind: 'EXECUTION_KIND_TRADE', tradeId: 'T1', lastQty: '10', lastPx: '100', leavesQty: '0', fees: trade.fees }),
    ],
    facts,
    journals,
    topics: {
      'orders.v1': inTopic(journals.orders),
      'executions.v1': inTopic(journals.orders.slice(2)),
      'positions.v1': inTopic(journals.positions),
      'risk.v1': inTopic(journals.risk),
      'matching.v1': inTopic(journals.matching),
    },
    requests: [{ accountId: 'ACC', requestId: 'A', orderId: 'o1', scope: 'clOrdId' }],
    positions: [{ accountId: 'ACC', instrumentId: 'I1', netQty: '10' }],
    books: [
      {
        accountId: 'ACC',
        brokerAccountId: 'PAPER-1',
        instrumentId: 'I1',
        product: 'INTRADAY',
        currency: 'INR',
        netQty: '10',
        boughtQty: '10',
        soldQty: '0',
        openNotional: String(1000n * 10n ** 18n),
        boughtNotional: String(1000n * 10n ** 18n),
        soldNotional: '0',
        fees: '1.5',
        accountSeq: 3,
      },
    ],
    orderRows: [
      {
        orderId: 'o1',
        ordStatus: 'ORD_STATUS_FILLED',
        isFinal: true,
        orderQty: String(10n ** 10n),
        cumQty: String(10n ** 10n),
        notional: String(1000n * 10n ** 18n),
        accountSeq: 3,
      },
    ],
    flushed: new Map([[stream, 3]]),
    venuePositions: [{ accountId: 'ACC', instrumentId: 'I1', netQty: '10' }],
    trackedTrades: [{ accountId: 'ACC', tradeId: 'T1' }],
    parked: [],
    cash: [{ accountId: 'ACC', currency: 'INR', balance: '3998.5' }],
    postings: [
      posting(1, 1, 'cash', '5000', 'opening'),
      posting(1, 2, 'capital', '-5000', 'opening'),
      posting(3, 1, 'cash', '-1001.5', 'T1'),
      posting(3, 2, 'securities:I1', '1000', 'T1'),
      posting(3, 3, 'fees:STT', '1.5', 'T1'),
    ],
    halts: [],
    undrained: [],
  };
}
