// What every log of the venue holds to. A log takes commands one by one, then the events that they caused, and hands the durable ones out.
import { deepStrictEqual, ok, rejects, throws } from 'node:assert/strict';
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type LoggedEvent, type VenueLog } from '../venue-log.js';
import { type Venue } from '../venue.js';
import { command, venueWithInstruments } from './venue-builder.js';

/** Facts about any log; each is tried with a new, empty one. A spec makes a test of each: benches import this folder too, where there is no Jest. */
export const venueLogFacts: readonly { readonly fact: string; readonly holds: (log: VenueLog) => Promise<void> }[] = [
  {
    fact: 'hands out what was appended, in order, from a number on, and no more than asked for',
    holds: async (log) => {
      const events = [...(await append(log, 5)), ...(await append(log, 300)), ...(await append(log, 1))];
      for (const [fromSeq, limit] of [[1], [1, 1], [5, 2], [6], [300, 1], [306, 9], [307, 1], [900]] as const) {
        const expected = events.slice(fromSeq - 1, limit === undefined ? undefined : fromSeq - 1 + limit);
        deepStrictEqual(await readAll(log, fromSeq, limit), numbered(expected, fromSeq));
      }
    },
  },
  {
    fact: 'hands nothing out before it is durable',
    holds: async (log) => {
      await append(log, 2);
      const appended = append(log, 2);
      deepStrictEqual(seqsOf(await readAll(log, 1)), [1, 2]);
      await appended;
      deepStrictEqual(seqsOf(await readAll(log, 1)), [1, 2, 3, 4]);
    },
  },
  {
    fact: 'is read right while it is written',
    holds: async (log) => {
      await append(log, 600);
      const read: LoggedEvent[] = [];
      for await (const events of log.read(1)) {
        read.push(...events);
        await append(log, 3);
      }
      ok(read.length >= 600);
      deepStrictEqual(
        seqsOf(read),
        read.map((_event, at) => at + 1),
      );
      ok((await readAll(log, 601)).length >= 3);
    },
  },
  {
    fact: 'refuses commands and events that are not the next ones',
    holds: async (log) => {
      await append(log, 3);
      throws(() => log.record(command.newOrder('paper-1', { tag: 'early' }), 5));
      const [event] = await append(log, 1);
      await rejects(log.append([event as VenueEvent], 9));
      deepStrictEqual(seqsOf(await readAll(log, 1)), [1, 2, 3, 4]);
    },
  },
];

const venues = new WeakMap<VenueLog, Venue>();
const listingsCount = venueWithInstruments().seq;

/** Has a venue of the log's own execute as many commands, and appends what they caused as one batch. */
async function append(log: VenueLog, count: number): Promise<VenueEvent[]> {
  const venue = venues.get(log) ?? venueWithInstruments();
  venues.set(log, venue);
  // The listings of instruments are not in the log.
  const firstSeq = venue.seq - listingsCount + 1;
  const events: VenueEvent[] = [];
  for (let at = 0; at < count; at++) {
    const input = command.newOrder('paper-1', { tag: `t${firstSeq + at}`, price: '1500' });
    log.record(input, firstSeq + at);
    events.push(venue.apply(input));
  }
  await log.append(events, firstSeq);
  return events;
}

function numbered(events: readonly VenueEvent[], fromSeq: number): LoggedEvent[] {
  return events.map((event, at) => ({ seq: fromSeq + at, event }));
}

function seqsOf(events: readonly LoggedEvent[]): number[] {
  return events.map(({ seq }) => seq);
}

async function readAll(log: VenueLog, fromSeq: number, limit?: number): Promise<LoggedEvent[]> {
  const read: LoggedEvent[] = [];
  for await (const events of log.read(fromSeq, limit)) read.push(...events);
  return read;
}
