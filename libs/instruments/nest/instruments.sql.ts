// The SQL of the noun instruments.
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Pool, type PoolClient } from 'pg';

/** A stored instrument, and how often it has changed. */
export interface StoredInstrument {
  readonly instrument: Instrument;
  readonly version: number;
}

interface Row extends Omit<Instrument, never> {
  readonly version: string;
}

const columns = `instrument_id AS "instrumentId", exchange, mic, symbol, name, isin, series, trim_scale(tick_size)::text AS "tickSize",
  trim_scale(lot_size)::text AS "lotSize", coalesce(trim_scale(freeze_qty)::text, '') AS "freezeQty", currency, status,
  trim_scale(previous_close)::text AS "previousClose", to_char(master_date, 'YYYY-MM-DD') AS "masterDate", version`;

/** Two loaders take turns: who comes second finds what the first one stored. */
const loaderLock = 72_710_001;

/** Keeps other loaders out until the transaction ends. */
export async function lockMaster(tx: PoolClient): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [loaderLock]);
}

/** Every instrument that was ever stored, in order of id. */
export async function readInstruments(from: Pool | PoolClient): Promise<StoredInstrument[]> {
  const { rows } = await from.query<Row>(`SELECT ${columns} FROM instruments.instruments ORDER BY instrument_id`);
  return rows.map(({ version, ...instrument }) => ({ instrument, version: Number(version) }));
}

/** Adds or changes instruments, in one statement. */
export async function putInstruments(tx: PoolClient, instruments: readonly Instrument[]): Promise<void> {
  const column = (field: keyof Instrument): unknown[] => instruments.map((instrument) => instrument[field]);
  await tx.query(
    `INSERT INTO instruments.instruments AS i (instrument_id, exchange, mic, symbol, name, isin, series, tick_size, lot_size, freeze_qty, currency, status, previous_close, master_date)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::numeric[], $10::numeric[], $11::text[],
       $12::smallint[], $13::numeric[], $14::date[])
     ON CONFLICT (instrument_id) DO UPDATE SET exchange = EXCLUDED.exchange, symbol = EXCLUDED.symbol, name = EXCLUDED.name, tick_size = EXCLUDED.tick_size,
       lot_size = EXCLUDED.lot_size, freeze_qty = EXCLUDED.freeze_qty, currency = EXCLUDED.currency, status = EXCLUDED.status,
       previous_close = EXCLUDED.previous_close, master_date = EXCLUDED.master_date, version = i.version + 1`,
    [
      column('instrumentId'),
      column('exchange'),
      column('mic'),
      column('symbol'),
      column('name'),
      column('isin'),
      column('series'),
      column('tickSize'),
      column('lotSize'),
      instruments.map((instrument) => (instrument.freezeQty === '' ? null : instrument.freezeQty)),
      column('currency'),
      column('status'),
      column('previousClose'),
      column('masterDate'),
    ],
  );
}
