import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { silent } from '../journal/testing/test-journal.js';
import { kafkaClient } from './kafkajs.js';

interface Queue {
  readonly throttleCheckTimeoutId: NodeJS.Timeout | null;
  push(request: { entry: { correlationId: number }; expectResponse: boolean; sendRequest(): void }): void;
  fulfillRequest(response: { correlationId: number; size: number; payload: null }): void;
  maybeThrottle(ms: number): void;
  destroy(): void;
}

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (options: object) => Queue;

function queue(sent: number[]): { queue: Queue; push(correlationId: number): void } {
  kafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'guard', log: silent });
  const logger = { debug: () => undefined, warn: () => undefined };
  const made = new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'guard',
    broker: 'b',
    logger,
  });
  const push = (correlationId: number): void => {
    const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
    made.push({ entry, expectResponse: true, sendRequest: () => void sent.push(correlationId) });
  };
  return { queue: made, push };
}

it('arms no timer while nothing waits, and sends what waited when its turn comes', () => {
  const sent: number[] = [];
  const { queue: made, push } = queue(sent);
  push(1);
  made.fulfillRequest({ correlationId: 1, size: 0, payload: null });
  expect(made.throttleCheckTimeoutId).toBeNull();
  push(2);
  push(3);
  expect(sent).toEqual([1, 2]);
  expect(made.throttleCheckTimeoutId).not.toBeNull();
  made.fulfillRequest({ correlationId: 2, size: 0, payload: null });
  expect(sent).toEqual([1, 2, 3]);
  made.destroy();
});

it('sends what the broker throttled when the throttle is over', async () => {
  const sent: number[] = [];
  const { queue: made, push } = queue(sent);
  made.maybeThrottle(30);
  push(1);
  expect(sent).toEqual([]);
  await eventually(() => sent.length === 1, { what: 'the throttle is over' });
  expect(sent).toEqual([1]);
  made.destroy();
});
