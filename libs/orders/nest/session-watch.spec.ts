import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { type Calls } from '@switchyard/contracts';
import { type WatchSessionsResponse } from '@switchyard/contracts/gen/brokers/v1/service';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { sessionBookFacts } from '@switchyard/orders-core/testing';
import pino from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionWatch } from './session-watch.js';

describe('the sessions as broker-connectors tell them', () => {
  let watch: SessionWatch;
  let stream: ScriptedStream<WatchSessionsResponse, never>;

  beforeEach(() => {
    stream = new ScriptedStream();
    const calls = { any: () => ({ watchSessions: () => stream }) } as unknown as Calls;
    watch = new SessionWatch(calls, pino({ level: 'silent' }), () => undefined);
    watch.start();
  });
  // Whoever still waits is woken, so that no timer is left.
  afterEach(() => watch.stop());

  it.each(sessionBookFacts)('$fact', ({ holds }) =>
    holds({ book: watch, tell: async (session) => stream.say({ sessions: [session] }), pass: (durationMs) => sleep(durationMs) }),
  );
});
