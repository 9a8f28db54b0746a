// One broker session at its holder: what is sent, what is heard, what is in doubt, and when it is ready.
import { Reason } from '@switchyard/contracts';
import { type Command, RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerConnector, type ConnectorState } from '@switchyard/connectors-port';
import { assert } from '@switchyard/kernel';
import { type DoubtSettings, ResolveDoubt } from './doubt.js';
import { type Halts, noHalts } from './halts.js';
import { type SessionContext, SessionLostError } from './ports.js';
import { doubtResolved, inDoubt, notSent, reportOf } from './reports.js';
import { type BrokerRequest, moveRequest } from './request.js';
import { RequestBook } from './request-book.js';
import { SendOrder } from './send-order.js';
import { type SendSettings } from './send-side.js';
import { TakeExecution } from './take-execution.js';
import { RateWindow, Throttle } from './throttle.js';

export interface SessionSettings {
  readonly send: SendSettings;
  readonly doubt: DoubtSettings;
}

export interface SessionStatus {
  readonly state: SessionState;
  readonly text: string;
}

export interface BrokerSessionOptions extends SessionContext {
  readonly sessionId: string;
  readonly broker: string;
  readonly connector: BrokerConnector;
  readonly commandsPerSecondMax: number;
  /** Budgets shared with other sessions: of the broker, of the process. */
  readonly sharedWindows: readonly RateWindow[];
  readonly settings: SessionSettings;
  /** The halts in force; undefined until risk has told them: then only cancels are sent, since a gate fails closed. */
  halts(): Halts | undefined;
  onStatus(status: SessionStatus): void;
  onLost(error: SessionLostError): void;
}

export class BrokerSession {
  readonly #options: BrokerSessionOptions;
  readonly #book: RequestBook;
  readonly #sender: SendOrder;
  readonly #executions: TakeExecution;
  readonly #doubts: ResolveDoubt;
  readonly #disconnect = new AbortController();
  #connector: ConnectorState = 'down';
  #connectorText = 'not connected yet';
  /** Everything that was in doubt at the start has been looked up. A doubt of later holds nothing else back. */
  #reconciled = false;
  #status: SessionStatus = { state: SessionState.DOWN, text: 'starting' };

  constructor(options: BrokerSessionOptions) {
    this.#options = options;
    this.#book = new RequestBook(options.store);
    const onLost = (error: SessionLostError): void => this.#lost(error);
    const side = {
      ...contextOf(options),
      sessionId: options.sessionId,
      broker: options.broker,
      connector: options.connector,
      book: this.#book,
      onLost,
    };
    this.#executions = new TakeExecution({ ...side, onAnswered: (request) => this.#answered(request) });
    this.#doubts = new ResolveDoubt({
      ...side,
      settings: options.settings.doubt,
      onAnswered: (request) => this.#answered(request),
      onLookedUp: () => this.#judgeStatus(),
    });
    this.#sender = new SendOrder({
      ...side,
      settings: options.settings.send,
      throttle: new Throttle([new RateWindow(options.commandsPerSecondMax, options.clock.monotonicMs()), ...options.sharedWindows]),
      halts: () => options.halts() ?? noHalts,
      isReady: (lane) => (lane === 'cancel' ? this.#connector !== 'down' : this.#status.state === SessionState.READY),
      onInDoubt: (request) => this.#doubts.begin(request),
    });
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Commands that were taken and not answered. */
  get outstanding(): number {
    return this.#sender.outstanding;
  }

  /**
   * Begins: whatever was SENDING when the former holder ended is in doubt now, durably, before anything else happens; then the broker is connected.
   * @param unanswered every stored request of the session that is SENDING or IN_DOUBT.
   * @param cursor the broker's cursor as it is stored; empty for all.
   */
  async start(unanswered: readonly BrokerRequest[], cursor: string): Promise<void> {
    const { store, sessionId, clock, process } = this.#options;
    const doubtful = unanswered.map((request) =>
      request.state === RequestState.SENDING
        ? moveRequest(request, RequestState.IN_DOUBT, { answeredAtMs: 0, text: 'found SENDING at the start of the session' })
        : request,
    );
    const updates = doubtful.filter((request, at) => request !== unanswered[at]);
    const reports = updates.map((request) => reportOf(request, inDoubt(request.text), { receivedAtMs: clock.nowMs(), process }));
    if (updates.length > 0)
      await store.append({ sessionId, inserts: [], updates, trades: [], reports, cursor: undefined, judgedHaltVersion: undefined });
    for (const request of doubtful) {
      this.#book.put(request);
      this.#doubts.begin(request);
    }
    this.#options.connector.connect(
      {
        onState: (state, text) => {
          this.#connector = state;
          this.#connectorText = text;
          this.#judgeStatus();
        },
        onExecution: (execution) => this.#executions.take(execution),
      },
      { fromCursor: cursor, signal: this.#disconnect.signal },
    );
  }

  /** Takes a command from the owner of the shard. */
  dispatch(command: Command, shard: number): void {
    this.#sender.take(command, shard);
  }

  /** The halts changed: what waits is judged again. */
  haltsChanged(): void {
    this.#judgeStatus();
    this.#sender.haltsChanged();
  }

  /** An operator's decision about a request in doubt. @returns the request as it is now; undefined when it is not in doubt here. */
  async decideDoubt(brokerRequestId: string, placed: boolean, brokerOrderId: string, text: string): Promise<BrokerRequest | undefined> {
    const request = await this.#book.find(brokerRequestId);
    if (request?.state !== RequestState.IN_DOUBT) return undefined;
    const { store, sessionId, clock, process } = this.#options;
    const answeredAtMs = clock.nowMs();
    const moved = moveRequest(request, placed ? RequestState.ACCEPTED : RequestState.NOT_SENT, { answeredAtMs, text, brokerOrderId });
    this.#book.put(moved);
    const report = placed ? doubtResolved(text) : notSent(Reason.PROVEN_ABSENT, text);
    const reports = [reportOf(moved, report, { receivedAtMs: answeredAtMs, process })];
    try {
      await store.append({
        sessionId,
        inserts: [],
        updates: [moved],
        trades: [],
        reports,
        cursor: undefined,
        judgedHaltVersion: undefined,
      });
    } catch (cause) {
      // Memory is ahead of storage, which counts: the session starts anew from there.
      const error = cause instanceof SessionLostError ? cause : new SessionLostError('a decision could not be written', { cause });
      this.#lost(error);
      throw error;
    }
    this.#answered(moved);
    return moved;
  }

  /** Before a planned move: takes and sends nothing more; `outstanding` falls as what is under way is answered. */
  drain(): void {
    this.#sender.drain();
  }

  /** Ends at once: nothing is sent or written after this. What was under way is in doubt for the next holder. */
  close(): void {
    this.#sender.close();
    this.#executions.close();
    this.#doubts.close();
    this.#disconnect.abort();
  }

  #answered(request: BrokerRequest): void {
    assert(request.state !== RequestState.SENDING, 'an answered request is not SENDING');
    this.#doubts.ended(request.brokerRequestId);
    this.#sender.answered(request);
  }

  #judgeStatus(): void {
    const status = this.#statusNow();
    if (status.state === this.#status.state && status.text === this.#status.text) return;
    this.#status = status;
    this.#options.onStatus(status);
    this.#sender.pump();
  }

  #statusNow(): SessionStatus {
    if (this.#connector !== 'ready') return { state: SessionState.DOWN, text: this.#connectorText };
    if (this.#options.halts() === undefined)
      return { state: SessionState.RECONCILING, text: 'waiting for risk to tell which halts are in force' };
    this.#reconciled ||= this.#doubts.unread === 0;
    if (!this.#reconciled) return { state: SessionState.RECONCILING, text: `${this.#doubts.unread} requests in doubt are being looked up` };
    return { state: SessionState.READY, text: this.#connectorText };
  }

  #lost(error: SessionLostError): void {
    this.close();
    this.#options.onLost(error);
  }
}

function contextOf({ clock, timers, store, pager, failpoint, process }: SessionContext): SessionContext {
  return { clock, timers, store, pager, failpoint, process };
}
