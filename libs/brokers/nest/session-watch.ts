// Sessions as everybody sees them: the stored rows, who holds each, and how it is. Watched by a short poll of one small table.
import { type MessageStream } from '@switchyard/contracts';
import { type Session, SessionState, type WatchSessionsResponse } from '@switchyard/contracts/gen/brokers/v1/service';
import { type SessionChange } from '@switchyard/brokers-core';
import { offerOf } from '@switchyard/connectors-port';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { readSessions } from './brokers.sql.js';
import { type KnownBroker } from './connectors.js';
import { type SessionHost } from './session-host.js';
import { unitOf } from './session-store.js';

const pollMs = 250;

export class SessionWatch {
  /** What each watcher was told of each session; undefined before the snapshot. */
  readonly #watchers = new Map<MessageStream<never, WatchSessionsResponse>, Map<string, string> | undefined>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly host: SessionHost,
    private readonly journal: Journal<SessionChange>,
    private readonly brokers: Readonly<Record<string, KnownBroker>>,
    private readonly log: Logger,
  ) {}

  /** The sessions now. Rejects when they can't be read: unknown is not none. */
  async list(): Promise<Session[]> {
    const rows = await readSessions(this.pool);
    return rows.map((row) => {
      const owner = this.journal.ownerOf(unitOf(row.session_id));
      const broker = this.brokers[row.broker];
      const status = this.host.get(row.session_id)?.status ?? { state: row.state as SessionState, text: row.state_text };
      return {
        sessionId: row.session_id,
        broker: row.broker,
        brokerAccountIds: [...row.broker_account_ids],
        commandsPerSecondMax: row.commands_per_second_max,
        state: owner === undefined ? SessionState.DOWN : status.state,
        text: owner === undefined ? 'no process holds the session' : status.text,
        process: owner?.process ?? '',
        address: owner?.address ?? '',
        // Another version may have stored a session of a broker that this one does not have.
        offer: broker && offerOf(broker.capabilities),
      };
    });
  }

  watch(stream: MessageStream<never, WatchSessionsResponse>): void {
    this.#watchers.set(stream, undefined);
    stream.onClose(() => this.#watchers.delete(stream));
    this.poke();
  }

  /** Something changed here: tell it now. */
  poke(): void {
    clearTimeout(this.#timer);
    if (this.#watchers.size > 0) this.#timer = setTimeout(() => void this.#tell(), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const stream of this.#watchers.keys()) stream.end();
    this.#watchers.clear();
  }

  async #tell(): Promise<void> {
    try {
      const sessions = await this.list();
      for (const [stream, told] of this.#watchers) {
        const changed = sessions.filter((session) => told?.get(session.sessionId) !== JSON.stringify(session));
        this.#watchers.set(stream, new Map(sessions.map((session) => [session.sessionId, JSON.stringify(session)])));
        if (told === undefined || changed.length > 0) stream.send({ sessions: changed });
      }
    } catch (error) {
      this.log.warn({ err: error }, 'sessions could not be read; watchers keep what they know');
    }
    clearTimeout(this.#timer);
    if (this.#watchers.size > 0) this.#timer = setTimeout(() => void this.#tell(), pollMs);
  }
}
