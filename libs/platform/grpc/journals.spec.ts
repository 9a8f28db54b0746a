// Several nouns in one process, each with a journal: one definition at one port, and each stream read from the journal that has it.
import { expect, it } from '@jest/globals';
import { ORDERS_JOURNAL, Reason, RISK_JOURNAL, type ServiceContract, StatusCode } from '@switchyard/contracts';
import { type ReadJournalRequest } from '@switchyard/contracts/gen/platform/v1/journal';
import { systemClock } from '@switchyard/kernel';
import { type Handler } from '../calls/serve.js';
import { record } from '../testing/outcomes.js';
import { testAuth } from '../testing/test-auth.js';
import { testLog } from '../testing/test-log.js';
import { GrpcClients, GrpcTransport } from './index.js';

it('a process with two journals gives each request to the one that has the stream', async () => {
  const { auth, remove } = await testAuth();
  const { log } = testLog();
  const journal = (name: string) => ({
    readJournal: ({ fromSeq }: ReadJournalRequest, stream: { send(message: unknown): void; end(): void }) => {
      const row = { stream: name, seq: fromSeq, hash: Buffer.alloc(16), key: '', payload: Buffer.alloc(0), traceparent: '', atMs: 0 };
      stream.send({ rows: [row] });
      stream.end();
    },
  });
  const handlers = new Map<ServiceContract, unknown>([
    [ORDERS_JOURNAL, journal('of orders')],
    [RISK_JOURNAL, journal('of risk')],
  ]);
  const server = new GrpcTransport([ORDERS_JOURNAL, RISK_JOURNAL], {
    listen: '127.0.0.1:0',
    auth,
    clock: systemClock,
    log,
    handlersOf: (contract) => handlers.get(contract) as Record<string, Handler>,
  });
  await server.bind();
  const clients = new GrpcClients({ auth, clock: systemClock, log });
  const read = async (contract: ServiceContract, stream: string): Promise<unknown> => {
    const calls = clients.calls(contract, [`127.0.0.1:${server.port}`]) as {
      readJournal(request: ReadJournalRequest, call: object): never;
    };
    const rows: string[] = [];
    const call = calls.readJournal({ stream, fromSeq: 7, key: '', limit: 0 }, {}) as {
      onMessage(take: (message: { rows: { stream: string; seq: number }[] }) => void): void;
    };
    const seen = record(call as never);
    call.onMessage((message) => rows.push(...message.rows.map((row) => `${row.stream} ${row.seq}`)));
    return (await seen.closed) ?? rows;
  };
  expect(await read(RISK_JOURNAL, 'risk')).toEqual(['of risk 7']);
  expect(await read(ORDERS_JOURNAL, 'orders/7f')).toEqual(['of orders 7']);
  expect(await read(ORDERS_JOURNAL, 'venue')).toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.FIELD_MALFORMED });
  clients.close();
  await server.close();
  await remove();
});
