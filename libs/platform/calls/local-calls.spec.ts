import { describe, expect, it } from '@jest/globals';
import { type MessageStream, StatusCode } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { testAuth } from '../testing/test-auth.js';
import { testLog } from '../testing/test-log.js';
import { callsContract, type CallsWorld } from '../testing/calls.contract.js';
import { ask, ECHO_SERVICE, type EchoHandlers } from '../testing/echo-service.js';
import { createCalls, parsePeers } from './calls.js';
import { notReady } from './errors.js';
import { type Handler } from './serve.js';

async function openLocal(): Promise<CallsWorld> {
  const { auth, remove } = await testAuth();
  let handlers: Partial<EchoHandlers> | undefined;
  const streams = new Set<MessageStream<never, never>>();
  /** As a service keeps its streams, to end them at its own end. */
  const kept = (next: Partial<EchoHandlers>): Partial<EchoHandlers> => {
    const { exchange } = next;
    if (exchange === undefined) return next;
    return {
      ...next,
      exchange: (stream, call) => {
        streams.add(stream as never);
        exchange(stream, call);
      },
    };
  };
  const calls = createCalls({
    serves: [ECHO_SERVICE],
    peers: new Map(),
    ownAddress: () => 'own:1',
    remote: { calls: () => ({}) },
    auth,
    clock: systemClock,
    log: testLog().log,
    freeze: 'deep',
    handlersOf: () => handlers as Readonly<Record<string, Handler>> | undefined,
  });
  return {
    calls: calls.any(ECHO_SERVICE),
    handle: (next) => {
      handlers = kept(next);
    },
    goAway: async () => {
      handlers = undefined;
      for (const stream of streams) stream.cancel(notReady('the process is stopping'));
      streams.clear();
    },
    comeBack: async () => undefined,
    close: async () => remove(),
  };
}

callsContract('a call in process', openLocal);

describe('a call in process', () => {
  it('is NOT_READY until the handlers are there', async () => {
    const world = await openLocal();
    await expect(world.calls.ask(ask('a'), { timeoutMs: 20_000 })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE });
    await world.close();
  });
});

describe('the addresses of other processes', () => {
  const roles = ['order-gateway', 'risk-engine'];

  it('are read by role', () => {
    expect([...parsePeers('order-gateway=a:1|b:2;risk-engine=c:3', roles)]).toEqual([
      ['order-gateway', ['a:1', 'b:2']],
      ['risk-engine', ['c:3']],
    ]);
  });

  it.each([
    ['an unknown role', 'risk=a:1', '"risk" is not a role that serves'],
    ['no address', 'risk-engine=', 'is not role=host:port'],
    ['no port', 'risk-engine=host', 'is not role=host:port'],
  ])('are refused with %s', (_, text, sentence) => {
    expect(() => parsePeers(text, roles)).toThrow(sentence);
  });
});
