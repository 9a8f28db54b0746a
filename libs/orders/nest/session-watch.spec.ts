import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { type Calls, type MessageStream } from '@switchyard/contracts';
import { type WatchSessionsResponse } from '@switchyard/contracts/gen/brokers/v1/service';
import { sessionBookFacts } from '@switchyard/orders-core/testing';
import pino from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionWatch } from './session-watch.js';

describe('the sessions as broker-connectors tell them', () => {
  let watch: SessionWatch;
  let tell: (message: WatchSessionsResponse) => void = () => undefined;

  beforeEach(() => {
    const stream: Partial<MessageStream<WatchSessionsResponse, never>> = {
      onMessage: (handler) => void (tell = handler),
      onClose: () => undefined,
      onEnd: () => undefined,
      onDrain: () => undefined,
      cancel: () => undefined,
      end: () => undefined,
    };
    const calls = { any: () => ({ watchSessions: () => stream }) } as unknown as Calls;
    watch = new SessionWatch(calls, pino({ level: 'silent' }), () => undefined);
    watch.start();
  });
  // Whoever still waits is woken, so that no timer is left.
  afterEach(() => watch.stop());

  it.each(sessionBookFacts)('$fact', ({ holds }) =>
    holds({ book: watch, tell: async (session) => tell({ sessions: [session] }), pass: (durationMs) => sleep(durationMs) }),
  );
});
