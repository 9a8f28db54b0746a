// risk.v1 for those who read it: what a bus lost is in the journal of risk.
import { describe, expect, it } from '@jest/globals';
import { Reason, RISK_JOURNAL, RISK_TOPIC } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { RiskEvent } from '@switchyard/contracts/gen/risk/v1/events';
import { systemClock } from '@switchyard/kernel';
import { nounPool } from '@switchyard/persistence';
import { DirectBus, noEffect } from '@switchyard/platform/bus';
import { eventually } from '@switchyard/testkit';
import { pino } from 'pino';
import { limitsOf, options, World } from './testing/world.js';

const world = World.forSpec();

describe('risk.v1', () => {
  it('fills the gap of a reader from the journal of risk, over gRPC, also when risk is away at first', async () => {
    const risk = await world.startRisk();
    const owner = world.anOwner();
    for (const orderQtyMax of ['5', '6', '7', '8']) await world.risk().setLimits(limitsOf(owner, { orderQtyMax }), world.officer());
    const { calls } = world.around;
    const rows: JournalRow[] = [];
    const stream = calls.any(RISK_JOURNAL).readJournal({ stream: 'risk', fromSeq: 1, key: '', limit: 0 }, options);
    stream.onMessage((message) => rows.push(...message.rows));
    await new Promise<void>((resolve, reject) => stream.onClose((error) => (error === undefined ? resolve() : reject(error))));
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    const refused = calls.any(RISK_JOURNAL).readJournal({ stream: 'risk', fromSeq: 1, key: 'A\0B', limit: 0 }, options);
    expect(await new Promise((resolve) => refused.onClose(resolve))).toMatchObject({
      reason: Reason.FIELD_MALFORMED,
      violations: [{ field: 'key' }],
    });
    await world.stop(risk);
    // A reader of another noun, and a bus that lost the second and the third message.
    const log = pino({ level: 'silent' });
    const bus = new DirectBus({ calls, clock: systemClock, log });
    const pool = nounPool(world.databaseUrl, 'positions', { max: 2 });
    const read: string[] = [];
    const reader = bus.read({
      group: 'a-team',
      topic: RISK_TOPIC,
      pool,
      schema: 'positions',
      producer: RISK_JOURNAL,
      effect: (_from, applied) => {
        read.push(...applied.map(({ seq, payload }) => `${seq} ${limitOf(payload)}`));
        return Promise.resolve(noEffect);
      },
    });
    await reader.start();
    try {
      await bus.publish(RISK_TOPIC, [rows[0], rows[3]] as JournalRow[]);
      await eventually(() => read.length > 0, { what: 'the first row' });
      expect(read).toEqual(['1 5']);
      await world.startRisk();
      await eventually(() => read.length === 4, { what: 'every row' });
      expect([read, reader.ready()]).toEqual([['1 5', '2 6', '3 7', '4 8'], true]);
    } finally {
      await reader.stop();
      await bus.stop();
      await pool.end();
    }
  });
});

function limitOf(payload: Uint8Array): string {
  const { event } = RiskEvent.decode(payload);
  return event?.$case === 'limitsChanged' ? (event.value.limits?.orderQtyMax ?? 'none') : String(event?.$case);
}
