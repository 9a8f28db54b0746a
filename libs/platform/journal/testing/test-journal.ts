/** Journals over a real database, for specs and for the processes that specs start. */
import { createHash } from 'node:crypto';
import { genesisHash, hashChain, systemClock } from '@switchyard/kernel';
import { type Topic } from '@switchyard/contracts';
import pg from 'pg';
import { pino, type Logger } from 'pino';
import { Journal } from '../journal.js';
import { type Change, type Entry, type JournalOptions, type JournalSettings } from '../types.js';

export const TEST_SCHEMA = 'journal_test';
export const TEST_TOPIC: Topic = { name: 'journal-test.v1', publisher: 'order-gateway', message: 'journal.test.v1.Event', kind: 'stream' };

/** An empty database: a spec makes its own schema. */
export const emptyTemplate = { key: 'empty', prepare: (): Promise<void> => Promise.resolve() };

/** Looks often, and is patient with a machine that is busy for seconds: nobody loses a unit for that. */
const testSettings: Partial<JournalSettings> = {
  heartbeatMs: 50,
  holderTimeoutMs: 20_000,
  holderMarginMs: 1_000,
  appendTimeoutMs: 30_000,
  watermarkMs: 20,
  relayLingerMs: 1,
};

/** For who gives up, or takes over, because time has passed. */
export const shortPatience: Partial<JournalSettings> = { holderTimeoutMs: 3_000, holderMarginMs: 1_000, appendTimeoutMs: 5_000 };

export const silent: Logger = pino({ level: 'silent' });

export function entry(stream: string, text: string, key = 'A'): Entry {
  return { stream, key, traceparent: '', encode: ({ seq, keySeq }) => Buffer.from(JSON.stringify({ seq, keySeq, text })) };
}

export function change(unit: string, text: string, key = 'A'): Change<never> {
  return { unit, entries: [entry(unit, text, key)] };
}

/** What happened to the units of a journal, in order. */
export interface Told {
  readonly acquired: string[];
  readonly released: string[];
  readonly lost: string[];
}

export interface TestJournal<Extra> {
  readonly journal: Journal<Extra>;
  readonly pool: pg.Pool;
  readonly told: Told;
  /** Stops the journal and its pool. */
  close(): Promise<void>;
}

export type TestJournalOptions<Extra> = Partial<JournalOptions<Extra>> & {
  readonly url: string;
  readonly name?: string;
  readonly unitNames?: readonly string[];
};

/** A journal that is not started yet. */
export function testJournal<Extra = never>({
  url,
  name = 'p1',
  unitNames = ['u1'],
  ...options
}: TestJournalOptions<Extra>): TestJournal<Extra> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined); // A test that cuts connections sees it in what the journal does.
  const told: Told = { acquired: [], released: [], lost: [] };
  const journal = new Journal<Extra>({
    schema: TEST_SCHEMA,
    pool,
    process: { name, address: `${name}:1` },
    units: () => unitNames,
    hooks: {
      acquired: (unit) => {
        told.acquired.push(unit);
        return Promise.resolve({});
      },
      released: (unit) => {
        told.released.push(unit);
        return Promise.resolve();
      },
      lost: (reason) => void told.lost.push(reason),
    },
    clock: systemClock,
    log: silent,
    ...options,
    settings: { ...testSettings, ...options.settings },
  });
  return {
    journal,
    pool,
    told,
    close: async () => {
      await journal.stop();
      await pool.end();
    },
  };
}

/** The texts of a stream; throws where its numbers have a gap, its chain a break, or its keySeqs a hole. */
export async function checkedTexts(pool: pg.Pool, stream: string): Promise<string[]> {
  const { rows } = await pool.query<{ seq: string; key: string; key_seq: string; hash: Buffer; payload: Buffer }>(
    `SELECT seq, key, key_seq, hash, payload FROM ${TEST_SCHEMA}.journal WHERE stream = $1 ORDER BY seq`,
    [stream],
  );
  let hash: Uint8Array = genesisHash;
  const keySeqs = new Map<string, number>();
  return rows.map((row, at) => {
    hash = hashChain(hash, row.payload);
    const keySeq = (keySeqs.get(row.key) ?? 0) + 1;
    keySeqs.set(row.key, keySeq);
    const payload = JSON.parse(row.payload.toString()) as { seq: number; keySeq: number; text: string };
    if (Number(row.seq) !== at + 1 || payload.seq !== at + 1) throw new Error(`${stream} has a gap at ${at + 1}`);
    if (!row.hash.equals(hash)) throw new Error(`the chain of ${stream} breaks at ${at + 1}`);
    if (Number(row.key_seq) !== keySeq || payload.keySeq !== keySeq)
      throw new Error(`keySeq of ${row.key} is ${row.key_seq}, not ${keySeq}`);
    return payload.text;
  });
}

/** A content hash of a text, for constraints. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
