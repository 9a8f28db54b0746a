// What a snapshot of the venue holds: all of its state as JSON, compressed.
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { type HistoryRow, type VenueSnapshot } from '@switchyard/matching-core';

const compress = promisify(gzip);

/** The version of this content; another one is passed over, and the log serves instead. */
const contentVersion = 1;
const headerBytes = 8;
/** Most histories that are made a text in one turn of the event loop. */
const historiesPerTurn = 2_000;

/** A venue's `snapshotParts`. */
export interface VenueSnapshotParts {
  readonly seq: number;
  readonly headJson: string;
  readonly histories: Iterable<HistoryRow>;
}

/** The content of a snapshot; the venue goes on meanwhile. */
export async function encodeVenueSnapshot({ headJson, histories }: VenueSnapshotParts): Promise<Buffer> {
  const texts: string[] = [];
  let rows: HistoryRow[] = [];
  for (const row of histories) {
    if (rows.push(row) < historiesPerTurn) continue;
    texts.push(JSON.stringify(rows).slice(1, -1));
    rows = [];
    await setImmediate();
  }
  if (rows.length > 0) texts.push(JSON.stringify(rows).slice(1, -1));
  const json = await compress(`${headJson.slice(0, -1)},"histories":[${texts.join(',')}]}`);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(contentVersion, 0);
  header.writeUInt32LE(json.length, 4);
  return Buffer.concat([header, json]);
}

/** Throws for a content that this version does not know. */
export function decodeVenueSnapshot(content: Buffer): VenueSnapshot {
  const version = content.readUInt32LE(0);
  if (version !== contentVersion) throw new Error(`its content has version ${version}, and this program reads version ${contentVersion}`);
  const jsonBytes = content.readUInt32LE(4);
  return JSON.parse(gunzipSync(content.subarray(headerBytes, headerBytes + jsonBytes)).toString('utf8')) as VenueSnapshot;
}
