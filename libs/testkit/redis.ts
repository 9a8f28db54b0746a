import { randomBytes } from 'node:crypto';
import { leaseService, sharedServicesDir, testRunPid } from '@switchyard/infra';

/** A real Redis that all specs of a run share. */
export interface TestRedis {
  readonly url: string;
  /** Put it before every key (BullMQ's `prefix`), so that specs don't meet. */
  readonly keyPrefix: string;
}

/** Starts the shared Redis with the first call; it ends with the run. For a Redis that a spec may stop, use `startRedis`. */
export async function testRedis(): Promise<TestRedis> {
  const { address } = await leaseService('redis', { dir: sharedServicesDir(), holderPid: testRunPid() });
  return { url: address, keyPrefix: `t${randomBytes(4).toString('hex')}` };
}
