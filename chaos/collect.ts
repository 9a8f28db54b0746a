// Gathers the evidence at the end of a run.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import {
  type BookEvidence,
  type Evidence,
  type JournalName,
  journalNames,
  type OrderRowEvidence,
  type SequencedRow,
  type VenueCommand,
  type VenueExecution,
} from './evidence.js';
import { decodeFacts, readJournal } from './collect-events.js';
import { type WitnessedFrame } from './venue-proxy.js';
import { decode, enumName, type Message } from './wire.js';

/** The witness' log, decoded. A last line that was being written when the runner ended is left out. */
export function readWitness(file: string): { commands: VenueCommand[]; executions: VenueExecution[] } {
  const commands: VenueCommand[] = [];
  const executions: VenueExecution[] = [];
  const sessionOfStream = new Map<number, string>();
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const { atMs, stream, direction, frame } = JSON.parse(line) as WitnessedFrame;
    const bytes = Buffer.from(frame, 'base64');
    if (direction === 'from-venue') {
      for (const execution of (decode('matching.v1.TradeResponse', bytes)['executions'] ?? []) as Message[])
        executions.push({ session: sessionOfStream.get(stream) ?? '', seq: execution['seq'] as number, execution });
      continue;
    }
    for (const entry of (decode('matching.v1.TradeRequest', bytes)['commands'] ?? []) as Message[]) {
      const kind = entry['command'] as string;
      const command = entry[kind] as Message;
      if (kind === 'logon') sessionOfStream.set(stream, command['sessionId'] as string);
      else
        commands.push({
          atMs,
          stream,
          dropped: direction === 'dropped',
          kind: kind as VenueCommand['kind'],
          tag: command['tag'] as string,
          command,
        });
    }
  }
  return { commands, executions };
}

type FromDatabase = Pick<
  Evidence,
  | 'instruments'
  | 'journals'
  | 'facts'
  | 'requests'
  | 'positions'
  | 'books'
  | 'orderRows'
  | 'flushed'
  | 'postings'
  | 'trackedTrades'
  | 'parked'
  | 'cash'
>;

/** How often the requests of a session went on at another connector than the one before. */
export async function countSessionMoves(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const inTurn =
      'SELECT process <> lag(process) OVER (PARTITION BY session_id ORDER BY sending_at_ms, broker_request_id) AS moved FROM brokers.requests';
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM (${inTurn}) AS requests WHERE moved`);
    return Number(rows[0]?.count ?? 0);
  } finally {
    await client.end();
  }
}

/** What the database holds. */
export async function readDatabase(url: string): Promise<FromDatabase> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const rows = async (sql: string): Promise<Record<string, string>[]> => (await client.query<Record<string, string>>(sql)).rows;
  try {
    const journals = {} as Record<JournalName, SequencedRow[]>;
    for (const name of journalNames) journals[name] = await readJournal(client, name);
    const positions = await rows('SELECT account_id, instrument_id, sum(net_qty)::text AS net FROM positions.positions GROUP BY 1, 2');
    const postings = await rows(
      `SELECT account_id, account_seq, book, currency, amount::text, ref, line, at_ms
       FROM positions.ledger CROSS JOIN LATERAL unnest(books, amounts) WITH ORDINALITY AS p (book, amount, line) ORDER BY account_id, account_seq, line`,
    );
    const parked = [
      ...(await rows("SELECT 'orders ' || reader || ' ' || key || ': ' || error AS text FROM orders.parked")),
      ...(await rows("SELECT 'positions ' || reader || ' ' || key || ': ' || error AS text FROM positions.parked")),
    ];
    return {
      instruments: new Map(
        (await rows("SELECT exchange || ':' || symbol AS listing, instrument_id FROM instruments.instruments")).map((row) => [
          row['listing'] ?? '',
          row['instrument_id'] ?? '',
        ]),
      ),
      journals,
      facts: decodeFacts(journals.orders),
      books: (await rows(booksSql)).map(bookOf),
      // Before the rows, which may be written once more between the two.
      flushed: new Map((await rows('SELECT stream, seq FROM orders.flushes')).map((row) => [row['stream'] ?? '', Number(row['seq'])])),
      orderRows: (await rows('SELECT order_id, ord_status, is_final::text, state FROM orders.orders')).map(orderRowOf),
      requests: (await rows('SELECT account_id, request_id, order_id, scope FROM orders.requests')).map((row) => ({
        accountId: row['account_id'] ?? '',
        requestId: row['request_id'] ?? '',
        orderId: row['order_id'] ?? '',
        scope: row['scope'] ?? '',
      })),
      positions: positions.map((row) => ({
        accountId: row['account_id'] ?? '',
        instrumentId: row['instrument_id'] ?? '',
        netQty: row['net'] ?? '',
      })),
      trackedTrades: (await rows('SELECT account_id, trade_id FROM positions.trades')).map((row) => ({
        accountId: row['account_id'] ?? '',
        tradeId: row['trade_id'] ?? '',
      })),
      parked: parked.map((row) => row['text'] ?? ''),
      cash: (await rows('SELECT account_id, currency, balance::text FROM positions.cash')).map((row) => ({
        accountId: row['account_id'] ?? '',
        currency: row['currency'] ?? '',
        balance: row['balance'] ?? '',
      })),
      postings: postings.map((row) => ({
        accountId: row['account_id'] ?? '',
        accountSeq: Number(row['account_seq']),
        book: row['book'] ?? '',
        currency: row['currency'] ?? '',
        amount: row['amount'] ?? '',
        line: Number(row['line']),
        atMs: Number(row['at_ms']),
        ref: row['ref'] ?? '',
      })),
    };
  } finally {
    await client.end();
  }
}

const booksSql = `SELECT account_id, broker_account_id, instrument_id, product, currency, net_qty::text, bought_qty::text, sold_qty::text, fees::text, account_seq,
  (open_notional * 1e18)::numeric(60, 0)::text AS open_notional, (bought_notional * 1e18)::numeric(60, 0)::text AS bought_notional,
  (sold_notional * 1e18)::numeric(60, 0)::text AS sold_notional FROM positions.positions`;

function bookOf(row: Record<string, string>): BookEvidence {
  return {
    accountId: row['account_id'] ?? '',
    brokerAccountId: row['broker_account_id'] ?? '',
    instrumentId: row['instrument_id'] ?? '',
    product: row['product'] ?? '',
    currency: row['currency'] ?? '',
    netQty: row['net_qty'] ?? '',
    boughtQty: row['bought_qty'] ?? '',
    soldQty: row['sold_qty'] ?? '',
    openNotional: row['open_notional'] ?? '',
    boughtNotional: row['bought_notional'] ?? '',
    soldNotional: row['sold_notional'] ?? '',
    fees: row['fees'] ?? '',
    accountSeq: Number(row['account_seq']),
  };
}

function orderRowOf(row: Record<string, string>): OrderRowEvidence {
  const state = JSON.parse(row['state'] ?? '{}') as { orderQty: string; cumQty: string; notional: string; accountSeq: number };
  return {
    orderId: row['order_id'] ?? '',
    ordStatus: enumName('common.v1.OrdStatus', Number(row['ord_status'])),
    isFinal: row['is_final'] === 'true',
    orderQty: state.orderQty,
    cumQty: state.cumQty,
    notional: state.notional,
    accountSeq: state.accountSeq,
  };
}
