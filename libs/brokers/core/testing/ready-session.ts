// A session that is ready to send, on time that the test moves.
import { SimClock } from '@switchyard/testkit';
import { aSession, type SessionUnderTest, type SteppedTime, tag } from './build.js';

/** testkit's simulated clock with the timers of a session. */
export class Time extends SimClock implements SteppedTime {
  after(delayMs: number, task: () => void): () => void {
    return this.setTimer(delayMs, task);
  }
}

/** A session that is ready, after the second in which the former holder's budget counts. */
export async function aReadySession(differs: Parameters<typeof aSession>[1] = {}): Promise<SessionUnderTest & { time: Time }> {
  const time = new Time();
  const under = aSession(time, differs);
  await under.session.start([...(differs.store?.requests.values() ?? [])], '');
  under.broker.ready();
  await time.advanceAsync(1000);
  return { ...under, time };
}

/** The ids that the broker gives with everything about the order of a request. */
export const orderOf = (id: string) => ({ tag: tag(id), orderTag: tag(id), brokerOrderId: `B-${id}` });
