// The reports that an owner is sent when it attaches, without the network between.
import { type Call } from '@switchyard/contracts';
import { type DispatchRequest, type DispatchResponse, type ReportRow } from '@switchyard/contracts/gen/brokers/v1/service';
import { type ReportCursor } from '@switchyard/contracts/testing/report-rows-suite';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { type SessionChange } from '@switchyard/brokers-core';
import { type Journal } from '@switchyard/platform/journal';
import { eventually } from '@switchyard/testkit';
import { pino } from 'pino';
import { DispatchServer } from '../dispatch-server.js';

/** Attaches an owner to (session, shard), and resolves with all it is sent up to the end that is durable now. */
export async function reportsAfter(
  journal: Journal<SessionChange>,
  { sessionId, shard }: { readonly sessionId: string; readonly shard: number },
  { seq, hash }: ReportCursor,
): Promise<ReportRow[] | 'conflict'> {
  const server = new DispatchServer({ get: () => ({}) as never, held: () => [] }, journal, 2_000, pino({ level: 'silent' }));
  let lastSeq: number | undefined;
  let isRefused = false;
  const rows: ReportRow[] = [];
  const stream = new ScriptedStream<DispatchRequest, DispatchResponse>(({ messages }) => {
    for (const { message } of messages) {
      if (message?.$case === 'attached') lastSeq = message.value.lastSeq;
      else if (message?.$case === 'detached') isRefused = true;
      else if (message?.$case === 'report') rows.push(message.value);
    }
  });
  server.accept(stream, {} as Call);
  const message = { $case: 'attach', value: { holderId: 'H', lastSeq: seq, lastHash: Buffer.from(hash) } } as const;
  stream.say({ messages: [{ sessionId, shard, message }] });
  const isDone = () => isRefused || (lastSeq !== undefined && (rows.at(-1)?.seq ?? seq) >= lastSeq);
  await eventually(isDone, { what: 'the reports of the session' });
  return isRefused ? 'conflict' : rows;
}
