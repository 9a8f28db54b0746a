// From the journal to a venue: the newest snapshot that is of this history, then the events after it, each of which must come out as it was written.
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { genesisHash } from '@switchyard/kernel';
import { Venue, venueSnapshotVersion, type HistoryRow, type VenueSnapshot } from '@switchyard/matching-core';
import { FastEngine } from '@switchyard/matching-core/engine';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { readSnapshots, saveSnapshot } from './matching.sql.js';
import { VENUE_UNIT } from './journal-venue-log.js';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** A replayed command gave another event than the one in the journal: this version does not continue that history. The venue stays closed. */
export class ReplayMismatchError extends Error {
  override readonly name = 'ReplayMismatchError';

  constructor(readonly seq: number) {
    super(`event ${seq} of the venue's journal comes out differently when it is replayed`);
  }
}

export interface RecoveredVenue {
  readonly venue: Venue;
  /** The journal's hash at the venue's last event. */
  readonly hash: Uint8Array;
  /** Events that were replayed after the snapshot. */
  readonly replayedCount: number;
}

/** @throws ReplayMismatchError */
export async function recoverVenue(journal: Pick<Journal, 'read'>, pool: Pool): Promise<RecoveredVenue> {
  const start = await newestSnapshot(journal, pool);
  const venue = new Venue(new FastEngine(), start?.snapshot);
  let hash = start?.hash ?? genesisHash;
  let replayedCount = 0;
  for await (const rows of journal.read(VENUE_UNIT, venue.seq + 1)) {
    for (const row of rows) {
      const event = venue.apply(VenueEvent.decode(row.payload));
      if (venue.seq !== row.seq || !Buffer.from(VenueEvent.encode(event).finish()).equals(row.payload))
        throw new ReplayMismatchError(row.seq);
      hash = row.hash;
      replayedCount++;
    }
  }
  venue.validateInternalState();
  return { venue, hash, replayedCount };
}

/** A venue's `snapshotParts`, and the journal's hash at the same event. */
export interface TakenSnapshot {
  readonly seq: number;
  readonly headJson: string;
  readonly histories: Iterable<HistoryRow>;
  readonly hash: Uint8Array;
}

/** Most histories that are made a text in one turn of the event loop. */
const historiesPerTurn = 2_000;

/** Keeps a snapshot; the venue goes on meanwhile. */
export async function keepSnapshot(pool: Pool, { seq, headJson, histories, hash }: TakenSnapshot): Promise<void> {
  if (seq === 0) return;
  const texts: string[] = [];
  let rows: HistoryRow[] = [];
  for (const row of histories) {
    if (rows.push(row) < historiesPerTurn) continue;
    texts.push(JSON.stringify(rows).slice(1, -1));
    rows = [];
    await setImmediate();
  }
  if (rows.length > 0) texts.push(JSON.stringify(rows).slice(1, -1));
  const json = `${headJson.slice(0, -1)},"histories":[${texts.join(',')}]}`;
  await saveSnapshot(pool, { seq, hash, version: venueSnapshotVersion, content: await compress(json) });
}

async function newestSnapshot(
  journal: Pick<Journal, 'read'>,
  pool: Pool,
): Promise<{ snapshot: VenueSnapshot; hash: Uint8Array } | undefined> {
  for (const { seq, hash, version, content } of await readSnapshots(pool)) {
    if (version !== venueSnapshotVersion) continue;
    for await (const [row] of journal.read(VENUE_UNIT, seq, { limit: 1 })) {
      // A snapshot of a journal that was restored to an earlier point, or of another one, does not count.
      if (row?.seq !== seq || !Buffer.from(row.hash).equals(hash)) continue;
      return { snapshot: JSON.parse((await expand(content)).toString('utf8')) as VenueSnapshot, hash };
    }
  }
  return undefined;
}
