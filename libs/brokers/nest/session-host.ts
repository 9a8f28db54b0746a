// The sessions that this process holds: taken over, started, drained and dropped as the journal says.
import { SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import {
  BrokerSession,
  type BrokerRequest,
  type Pager,
  type SessionChange,
  type SessionStatus,
  SharedWindows,
  type Timers,
} from '@switchyard/brokers-core';
import { type Calls } from '@switchyard/contracts';
import { assert, type Clock } from '@switchyard/kernel';
import { failpoint } from '@switchyard/platform/failpoint';
import { type Journal, type UnitHooks } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type BrokersConfig } from './brokers.config.js';
import { readSessions, type SessionRow, unansweredRequests, writeSessionState } from './brokers.sql.js';
import { type KnownBroker } from './connectors.js';
import { type HaltGate } from './halt-gate.js';
import { type JournalSessionStore, unitOf } from './session-store.js';
import { tracedConnector } from './traced-connector.js';

/** How long a planned move waits for answers from the broker; what is unanswered then is in doubt for the next holder. */
const drainMsMax = 3000;
/** A session that ended while its journal goes on is started anew after this. */
const startAgainMs = 500;

interface Recovered {
  readonly row: SessionRow;
  readonly unanswered: readonly BrokerRequest[];
}

export interface SessionHostOptions {
  readonly pool: Pool;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly process: string;
  readonly config: BrokersConfig;
  readonly gate: () => HaltGate;
  /** A new store for each session. */
  readonly store: () => JournalSessionStore;
  readonly journal: () => Journal<SessionChange>;
  readonly brokers: Readonly<Record<string, KnownBroker>>;
  /** A session of this process started, changed its state, or ended. */
  readonly changed: (sessionId: string) => void;
}

export class SessionHost implements UnitHooks {
  readonly #sessions = new Map<string, { session: BrokerSession; row: SessionRow }>();
  readonly #recovered = new Map<string, Recovered>();
  /** Sessions on their way from what they were to what their row says. */
  readonly #changing = new Set<string>();
  readonly #windows: SharedWindows;
  /** One state after another is stored, so that the row ends with the newest. */
  #storing: Promise<void> = Promise.resolve();

  constructor(private readonly options: SessionHostOptions) {
    this.#windows = new SharedWindows(options.config.commandsPerSecondMax, options.clock.monotonicMs());
  }

  /** The session, when this process holds it. */
  get(sessionId: string): BrokerSession | undefined {
    return this.#sessions.get(sessionId)?.session;
  }

  held(): { session: BrokerSession; row: SessionRow }[] {
    return [...this.#sessions.values()];
  }

  haltsChanged(): void {
    for (const { session } of this.#sessions.values()) session.haltsChanged();
  }

  /** Units that must have a holder: every session. */
  async units(): Promise<string[]> {
    const rows = await readSessions(this.options.pool);
    for (const row of rows) void this.#follow(row);
    return rows.map((row) => unitOf(row.session_id));
  }

  /** PutSession changed the row of a session that is held here, by whichever process: what is under way comes to its answer, and it starts anew as the row says. */
  async #follow(row: SessionRow): Promise<void> {
    const sessionId = row.session_id;
    const held = this.#sessions.get(sessionId);
    if (held === undefined || this.#changing.has(sessionId) || isSameSession(held.row, row)) return;
    this.#changing.add(sessionId);
    try {
      this.options.log.info({ sessionId }, 'the session was changed; it starts anew as it is now');
      await this.#drain(held.session);
      if (this.get(sessionId) !== held.session) return;
      this.#drop(sessionId);
      await this.#startAgain(sessionId);
    } finally {
      this.#changing.delete(sessionId);
    }
  }

  async #drain(session: BrokerSession): Promise<void> {
    const { clock } = this.options;
    session.drain();
    const untilMs = clock.monotonicMs() + drainMsMax;
    while (session.outstanding > 0 && clock.monotonicMs() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async acquired(unit: string): Promise<{ keySeqs: ReadonlyMap<string, number> }> {
    this.#recovered.set(unit, await this.#recover(unit));
    // Reports have no number among those of their account.
    return { keySeqs: new Map() };
  }

  async #recover(unit: string): Promise<Recovered> {
    const { pool, gate } = this.options;
    const row = (await readSessions(pool)).find((session) => unitOf(session.session_id) === unit);
    assert(row !== undefined, `a unit that is owned is a session: ${unit}`);
    await gate().stamp();
    return { row, unanswered: await unansweredRequests(pool, row.session_id) };
  }

  /** Starts what was acquired, once the journal takes appends for it. Called when the ownership of a unit changed. */
  async begin(unit: string): Promise<void> {
    const recovered = this.#recovered.get(unit);
    if (recovered === undefined || !this.options.journal().owns(unit)) return;
    this.#recovered.delete(unit);
    const { row, unanswered } = recovered;
    const session = this.#make(row);
    this.#sessions.set(row.session_id, { session, row });
    try {
      await session.start(unanswered, row.cursor);
    } catch (error) {
      return this.#ended(row.session_id, session, error);
    }
    this.options.log.info({ sessionId: row.session_id, inDoubt: unanswered.length }, 'session held');
    this.options.changed(row.session_id);
  }

  async released(unit: string): Promise<void> {
    const held = this.held().find(({ row }) => unitOf(row.session_id) === unit);
    if (held === undefined) return;
    await this.#drain(held.session);
    // The journal may have been lost meanwhile, and the session be held anew.
    if (this.get(held.row.session_id) === held.session) this.#drop(held.row.session_id);
  }

  lost(reason: string): void {
    this.options.log.warn({ reason }, 'sessions lost');
    this.#recovered.clear();
    for (const sessionId of [...this.#sessions.keys()]) this.#drop(sessionId);
  }

  /** A session ended by itself. Where the journal was lost too, it says so for every unit; where it goes on, the session starts anew from what is stored. */
  #ended(sessionId: string, session: BrokerSession, error: unknown): void {
    this.options.log.warn({ err: error, sessionId }, 'session lost');
    if (this.get(sessionId) !== session) return;
    this.#drop(sessionId);
    this.options.log.error({ page: true, err: error, sessionId }, 'a session ended by itself; it starts anew');
    void new Promise((resolve) => setTimeout(resolve, startAgainMs)).then(() => this.#startAgain(sessionId));
  }

  async #startAgain(sessionId: string): Promise<void> {
    const { journal, log } = this.options;
    const unit = unitOf(sessionId);
    const { holderId } = journal();
    // In another life of the journal, or where the unit is on its way to another process, it is acquired as ever.
    const isOurs = (): boolean => journal().holderId === holderId && journal().owns(unit) && this.get(sessionId) === undefined;
    while (isOurs()) {
      try {
        // Behind everything that the ended session had queued: what of it was written is read.
        await journal().append({ unit, entries: [] });
        const recovered = await this.#recover(unit);
        if (!isOurs()) return;
        this.#recovered.set(unit, recovered);
        return await this.begin(unit);
      } catch (error) {
        log.warn({ err: error, sessionId }, 'the session could not be started anew yet');
        await new Promise((resolve) => setTimeout(resolve, startAgainMs));
      }
    }
  }

  #drop(sessionId: string): void {
    this.#sessions.get(sessionId)?.session.close();
    this.#sessions.delete(sessionId);
    this.options.changed(sessionId);
  }

  #make(row: SessionRow): BrokerSession {
    const { calls, clock, config, log, process, gate, store } = this.options;
    const broker = this.options.brokers[row.broker];
    assert(broker !== undefined, `a stored session is of a broker that this version has: ${row.broker}`);
    const connector = tracedConnector(
      broker.connector({ sessionId: row.session_id, brokerAccountIds: row.broker_account_ids, calls, clock }),
    );
    const { writeAheadAgeMsMax, answerTimeoutMs, sendWaitMsMax, quarantineMs, lookUpIntervalMs, absentLookUpsMin } = config;
    const session: BrokerSession = new BrokerSession({
      sessionId: row.session_id,
      broker: row.broker,
      connector,
      commandsPerSecondMax: row.commands_per_second_max,
      sharedWindows: this.#windows.of(row.broker, connector.capabilities.commandsPerSecondMax.value, clock.monotonicMs()),
      settings: {
        send: { writeAheadAgeMsMax, answerTimeoutMs, sendWaitMsMax, queueLengthMax: 20_000 },
        doubt: {
          quarantineMs: quarantineMs + connector.capabilities.latenessMsMax.value,
          absentLookUpsMin,
          lookUpIntervalMs,
          lookUpTimeoutMs: answerTimeoutMs,
          pageAfterMs: 30_000,
        },
      },
      clock,
      timers,
      pager: pagerOf(log),
      failpoint,
      process,
      store: store(),
      halts: () => gate().halts,
      onStatus: (status) => this.#statusChanged(row.session_id, status),
      onLost: (error) => this.#ended(row.session_id, session, error),
    });
    return session;
  }

  #statusChanged(sessionId: string, status: SessionStatus): void {
    const { log, changed } = this.options;
    log.info({ sessionId, state: SessionState[status.state], text: status.text }, 'session state');
    changed(sessionId);
    this.#storing = this.#storing.then(() => this.#store(sessionId, status));
  }

  async #store(sessionId: string, status: SessionStatus): Promise<void> {
    const { log, pool, journal } = this.options;
    try {
      await writeSessionState(pool, journal().holderId, sessionId, status.state, status.text);
    } catch (error) {
      log.warn({ err: error, sessionId }, 'the state of a session could not be stored; it is told to owners all the same');
    }
  }
}

/** Whether a session runs as its row says; state and cursor are its own doing. */
function isSameSession(held: SessionRow, row: SessionRow): boolean {
  return (
    held.commands_per_second_max === row.commands_per_second_max &&
    held.broker_account_ids.length === row.broker_account_ids.length &&
    held.broker_account_ids.every((id, at) => row.broker_account_ids[at] === id)
  );
}

const timers: Timers = {
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Pages are log lines of the level "error" with `page: true`; alert rules match them. */
function pagerOf(log: Logger): Pager {
  return { page: (text, facts) => log.error({ page: true, ...facts }, text) };
}
