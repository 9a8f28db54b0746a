import { randomBytes } from 'node:crypto';
import { leaseService, sharedServicesDir, testRunPid } from '@switchyard/infra';

/** A real Apache Kafka that all specs of a run share. */
export interface TestKafka {
  readonly brokers: readonly string[];
  /** Put it before every topic and group of the spec, so that specs don't meet. Ends with a dot. */
  readonly topicPrefix: string;
}

/** Starts the shared Kafka with the first call (2.5 s); it ends with the run. For a broker that a spec may stop, use `startKafka`. */
export async function testKafka(): Promise<TestKafka> {
  const { address } = await leaseService('kafka', { dir: sharedServicesDir(), holderPid: testRunPid() });
  return { brokers: address.split(','), topicPrefix: `t${randomBytes(4).toString('hex')}.` };
}
