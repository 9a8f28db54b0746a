import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { pino } from 'pino';
import { type EventBus } from '../bus/types.js';
import { Relay } from './relay.js';
import { TEST_TOPIC } from './testing/test-journal.js';
import { journalDefaults, type JournalRow } from './types.js';

const row = (stream: string, seq: number): JournalRow => ({
  stream,
  seq,
  hash: Buffer.alloc(16),
  key: 'A',
  payload: Buffer.alloc(1),
  traceparent: '',
  atMs: 1,
});

it('reads a stream that is behind back while others go on', async () => {
  const published: string[] = [];
  let next = 1;
  // Of the other stream, a row is committed while each request is under way.
  const publish = async (rows: readonly JournalRow[]): Promise<void> => {
    await sleep(2);
    published.push(...rows.map(({ stream, seq }) => `${stream}#${seq}`));
    relay.offer([row('busy', next++)]);
  };
  const relay = new Relay({
    bus: { publish: (_topic, rows) => publish(rows) } as EventBus,
    topicsOf: () => [TEST_TOPIC],
    isAwaited: () => true,
    read: (stream, fromSeq) => Promise.resolve([1, 2, 3].filter((seq) => seq >= fromSeq).map((seq) => row(stream, seq))),
    moveWatermarks: () => Promise.resolve(),
    log: pino({ level: 'silent' }),
    trace: undefined,
    settings: journalDefaults,
  });
  relay.offer([row('busy', next++)]);
  relay.open('taken-over', 0, 3);
  try {
    const ofTakenOver = (): string[] => published.filter((text) => text.startsWith('taken-over'));
    await eventually(() => ofTakenOver().length >= 3, { what: 'the rows after the watermark', timeoutMs: 10_000 });
    expect(ofTakenOver()).toEqual(['taken-over#1', 'taken-over#2', 'taken-over#3']);
  } finally {
    relay.end();
  }
});
