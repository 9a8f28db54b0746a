// An owner that reads slowly: what it has not read stays in the journal.
import { describe, expect, it } from '@jest/globals';
import { type Call } from '@switchyard/contracts';
import { type DispatchRequest, type DispatchResponse } from '@switchyard/contracts/gen/brokers/v1/service';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { genesisHash } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { pino } from 'pino';
import { DispatchServer } from './dispatch-server.js';

const stream = 'session/s-1/07';
/** Frames that the owner's stream takes before it is at its bound. */
const bound = 3;
const rowOf = (seq: number): JournalRow => ({
  stream,
  seq,
  hash: Buffer.alloc(32),
  key: 'DEMO',
  payload: Buffer.from(`report ${seq}`),
  traceparent: '',
  atMs: 0,
});

/** A server beside a journal of so many reports, and the stream of an owner that reads when the test says so. */
function aServer(backlog: number) {
  const journal = {
    length: backlog,
    rowsRead: 0,
    async *read(_stream: string, fromSeq: number, { limit = Infinity } = {}) {
      for (let seq = fromSeq; seq <= journal.length && seq < fromSeq + limit; seq += 50) {
        const page = Array.from({ length: Math.min(50, journal.length - seq + 1) }, (_, at) => rowOf(seq + at));
        journal.rowsRead += page.length;
        await Promise.resolve();
        yield page;
      }
    },
    last: () => Promise.resolve({ seq: journal.length, hash: Buffer.from(genesisHash) }),
    ownerOf: () => undefined,
  };
  const server = new DispatchServer({ get: () => ({}) as never, held: () => [] }, journal, 2_000, pino({ level: 'silent' }));
  const unread: DispatchResponse[] = [];
  const seqs: number[] = [];
  const end = new ScriptedStream<DispatchRequest, DispatchResponse>((frame) => unread.push(frame) < bound);
  server.accept(end, {} as Call);
  return {
    server,
    journal,
    unread,
    seqs,
    attach: () =>
      end.say({
        messages: [
          {
            sessionId: 's-1',
            shard: 7,
            message: { $case: 'attach', value: { holderId: 'H', lastSeq: 0, lastHash: Buffer.from(genesisHash) } },
          },
        ],
      }),
    /** The owner reads everything that it was sent. */
    read: () => {
      for (const { messages } of unread.splice(0))
        for (const { message } of messages) if (message?.$case === 'report') seqs.push(message.value.seq);
      end.drain();
    },
  };
}

/** Everything here is of this process: it has come to rest after so many turns, however long they take. */
const settled = async () => {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('an owner that attaches with a long backlog and does not read', () => {
  it('is read for only as far as its stream takes, and has every report in order in the end', async () => {
    const { attach, journal, read, seqs, unread } = aServer(20_000);
    attach();
    await settled();
    const atRest = journal.rowsRead;
    expect(atRest).toBeLessThanOrEqual((bound + 2) * 256);
    expect(unread.length).toBeLessThanOrEqual(bound + 1);
    await settled();
    expect(journal.rowsRead).toBe(atRest);
    await eventually(
      () => {
        read();
        return seqs.length === 20_000;
      },
      { what: 'every report' },
    );
    expect(seqs).toEqual(upTo(20_000));
  });

  it('is not fed what is committed meanwhile: it reads that from the journal too', async () => {
    const { attach, journal, read, seqs, server, unread } = aServer(0);
    attach();
    await settled();
    for (let seq = 1; seq <= 5_000; seq++) {
      journal.length = seq;
      server.committed([rowOf(seq)]);
    }
    await settled();
    expect(unread.length).toBeLessThanOrEqual(bound + 1);
    await eventually(
      () => {
        read();
        return seqs.length === 5_000;
      },
      { what: 'every report' },
    );
    expect(seqs).toEqual(upTo(5_000));
  });
});
