// The broker sessions as broker-connector tells them: which broker, how it is, and where its holder is.
import { BROKER_SERVICE, type Calls, notOffered, type OrderContent } from '@switchyard/contracts';
import { type Session, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Refusal, type SessionBook, type SessionInfo } from '@switchyard/orders-core';
import { StreamFollower } from '@switchyard/platform/calls';
import { type Logger } from 'pino';

export class SessionWatch implements SessionBook {
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Set<() => void>();
  readonly #follower;

  constructor(
    calls: Calls,
    log: Logger,
    /** A session appeared, changed its state or moved. */
    changed: () => void,
  ) {
    this.#follower = new StreamFollower({
      what: 'the broker sessions',
      log,
      open: () => calls.any(BROKER_SERVICE).watchSessions({}, {}),
      take: ({ sessions }) => {
        for (const session of sessions) this.#sessions.set(session.sessionId, session);
        changed();
        this.wake();
        return true;
      },
    });
  }

  start(): void {
    this.#follower.start();
  }

  stop(): void {
    this.#follower.stop();
    this.wake();
  }

  ready(): true | string {
    return this.#follower.ready();
  }

  session(sessionId: string): SessionInfo | undefined {
    const session = this.#sessions.get(sessionId);
    return session && { broker: session.broker, state: session.state };
  }

  changed(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#waiting.add(done);
    });
  }

  /** A session changed, or what one grants: orders that wait look again. */
  wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  /** gRPC address of the process that holds the session; undefined while nobody does. */
  addressOf(sessionId: string): string | undefined {
    const session = this.#sessions.get(sessionId);
    return session === undefined || session.address === '' || session.state === SessionState.UNSPECIFIED ? undefined : session.address;
  }

  unsupported(sessionId: string, content: OrderContent): Refusal | undefined {
    const session = this.#sessions.get(sessionId);
    return session?.offer && notOffered(session.broker, session.offer, content);
  }
}
