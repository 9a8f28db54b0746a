// What a caller is told when the owner fails under a call: never a defect for a database that is away, never "not done" where that is not known.
import { describe, expect, it } from '@jest/globals';
import { type Call, CallError, type Calls, ORDER_SERVICE, Reason, StatusCode } from '@switchyard/contracts';
import { type AccountOwner } from '@switchyard/orders-core';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { type StoredRows } from './orders.sql.js';
import { OwnerRouter } from './owner-router.js';
import { type ShardHost } from './shard-host.js';

const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
const defect = new Error('a defect');
const notReady = new CallError('not ready', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
const unavailable = new CallError('no answer', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });

/** Each try meets the next of these failures, the last one again and again; the clock goes on by 100 ms with each look, the deadline is at 1 s. */
async function told(...failures: readonly Error[]): Promise<unknown> {
  const tries = [...failures];
  let nowMs = 0;
  const host = { get: () => ({}) as AccountOwner } as unknown as ShardHost;
  const clock = { nowMs: () => (nowMs += 100) };
  const router = new OwnerRouter({} as Pool, host, {} as Journal<StoredRows>, {} as Calls, clock, 'here');
  const call = { forwarded: false, deadlineMs: 1_000, signal: new AbortController().signal } as Call;
  const here = () => Promise.reject(tries.length > 1 ? tries.shift() : tries[0]);
  return router.atOwner(1, ORDER_SERVICE, 'cancelOrder', {} as never, call, here).catch((error: unknown) => error);
}

describe('a call at the owner', () => {
  const unknown = { code: StatusCode.UNAVAILABLE, reason: Reason.UNKNOWN_RETRY_SAME_ID };

  it.each([
    ['the database stays away', [away]],
    ['a try had no answer and the next one meets a defect', [unavailable, defect]],
    ['the database went and the next try meets a defect', [away, defect]],
    ['a try had no answer and the owner is not ready afterwards', [unavailable, notReady]],
  ])('has an unknown outcome where %s', async (_, failures) => {
    expect(await told(...failures)).toMatchObject(unknown);
  });

  it('is told what is not ready where it stays so and nothing was done', async () => {
    expect(await told(notReady)).toBe(notReady);
  });

  it('fails by the defect where nothing was tried before', async () => {
    expect(await told(defect)).toBe(defect);
  });
});
