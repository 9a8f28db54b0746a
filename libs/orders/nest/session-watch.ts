// The broker sessions as broker-connector tells them: which broker, how it is, and where its holder is.
import { BROKER_SERVICE, type Calls, type OrderContent } from '@switchyard/contracts';
import { type Session, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Refusal, type SessionBook, type SessionInfo } from '@switchyard/orders-core';
import { type Logger } from 'pino';
import { followSnapshot, type Following } from './follow-snapshot.js';

export class SessionWatch implements SessionBook {
  readonly #sessions = new Map<string, Session>();
  #following: Following | undefined;

  constructor(
    private readonly calls: Calls,
    private readonly log: Logger,
    /** A session appeared, changed its state or moved. */
    private readonly changed: () => void,
  ) {}

  start(): void {
    this.#following = followSnapshot({
      what: 'broker sessions',
      log: this.log,
      open: () => this.calls.any(BROKER_SERVICE).watchSessions({}, {}),
      take: ({ sessions }) => {
        for (const session of sessions) this.#sessions.set(session.sessionId, session);
        this.changed();
        return true;
      },
    });
  }

  stop(): void {
    this.#following?.stop();
  }

  ready(): true | string {
    return this.#following?.complete === true || 'the broker sessions are not known yet';
  }

  session(sessionId: string): SessionInfo | undefined {
    const session = this.#sessions.get(sessionId);
    return session && { broker: session.broker, state: session.state };
  }

  /** gRPC address of the process that holds the session; undefined while nobody does. */
  addressOf(sessionId: string): string | undefined {
    const session = this.#sessions.get(sessionId);
    return session === undefined || session.address === '' || session.state === SessionState.UNSPECIFIED ? undefined : session.address;
  }

  /** What a broker can't do is known to its connector, which refuses it before anything is sent. */
  unsupported(_sessionId: string, _content: OrderContent): Refusal | undefined {
    return undefined;
  }
}
