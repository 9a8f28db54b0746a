// The neighbours of order-gateway by contract, obeying the test: risk, brokers, instruments.
import {
  BROKER_SERVICE,
  CallError,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  type MessageStream,
  POSITION_SERVICE,
  Reason,
  RISK_SERVICE,
  StatusCode,
} from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import {
  type BrokerOffer,
  type Command,
  type ConnectorMessage,
  type DispatchMessage,
  type DispatchRequest,
  type DispatchResponse,
  type GetExchangeResponse,
  type Session,
  SessionState,
  type WatchSessionsResponse,
} from '@switchyard/contracts/gen/brokers/v1/service';
import { Instrument, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import {
  type AttachRequest,
  type AttachResponse,
  type Check,
  type OwnerMessage,
  type RiskMessage,
} from '@switchyard/contracts/gen/risk/v1/service';
import { aDecision, aReport, aTrade, FakeSessionJournal } from '@switchyard/orders-core/testing';
import { type Role } from '@switchyard/platform/run-roles';
import { fakeRole } from '@switchyard/platform/testing';

const away = (who: string): CallError => new CallError(`${who} is away`, { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });

/** Risk as the test wants it: folds what it is told, approves unless told otherwise. */
export class FakeRisk {
  isDown = false;
  /** The verdict; undefined: none, until `answer`. */
  decide: (check: Check) => RiskDecision | undefined = () => aDecision();
  /** Up to where each shard was folded: the snapshot that an attach begins with. */
  readonly folded = new Map<number, number>();
  readonly attaches: { readonly shard: number; readonly fromSeq: number }[] = [];
  readonly checks: (Check & { readonly shard: number })[] = [];
  readonly abandoned: number[] = [];
  /** What broke the protocol. */
  readonly faults: string[] = [];
  readonly #streams = new Set<MessageStream<AttachRequest, AttachResponse>>();
  readonly #attached = new Map<number, MessageStream<AttachRequest, AttachResponse>>();

  accept(stream: MessageStream<AttachRequest, AttachResponse>): void {
    if (this.isDown) return stream.cancel(away('risk'));
    this.#streams.add(stream);
    stream.onClose(() => this.#streams.delete(stream));
    stream.onEnd(() => stream.end());
    stream.onMessage(({ messages }) => {
      for (const message of messages) this.#take(stream, message);
    });
  }

  break(): void {
    for (const stream of this.#streams) stream.cancel(away('risk'));
  }

  answer({ shard, checkId }: Check & { readonly shard: number }, decision: RiskDecision): void {
    this.say(shard, { $case: 'decision', value: { checkId, decision } });
  }

  say(shard: number, message: RiskMessage['message']): void {
    this.#attached.get(shard)?.send({ messages: [{ shard, message }] });
  }

  #take(stream: MessageStream<AttachRequest, AttachResponse>, { shard, message }: OwnerMessage): void {
    if (message?.$case === 'attach') {
      this.#attached.set(shard, stream);
      const fromSeq = (this.folded.get(shard) ?? 0) + 1;
      this.attaches.push({ shard, fromSeq });
      return this.say(shard, { $case: 'attached', value: { fromSeq } });
    }
    if (this.#attached.get(shard) !== stream) return;
    switch (message?.$case) {
      case 'event':
        if (message.value.seq !== (this.folded.get(shard) ?? 0) + 1)
          this.faults.push(`${shard}: event ${message.value.seq} after ${this.folded.get(shard)}`);
        this.folded.set(shard, message.value.seq);
        return;
      case 'caughtUp':
        if (message.value.seq !== (this.folded.get(shard) ?? 0)) this.faults.push(`${shard}: caught up at ${message.value.seq}`);
        return this.say(shard, { $case: 'ready', value: { seq: message.value.seq } });
      case 'check': {
        this.checks.push({ ...message.value, shard });
        const decision = this.decide(message.value);
        return decision && this.answer({ ...message.value, shard }, decision);
      }
      case 'abandon':
        return void this.abandoned.push(message.value.checkId);
      case 'detach':
        return void this.#attached.delete(shard);
      case undefined:
        this.faults.push('a message that says nothing');
    }
  }
}

/** Two sessions of one broker: journals of reports, commands as they came, and credit. */
export class FakeBrokers {
  address = '';
  isDown = false;
  /** What the broker offers; undefined: its connector does not say. */
  offer: BrokerOffer | undefined;
  exchange: GetExchangeResponse = { requests: [], reports: [] };
  /** Each command as it came, also when it came again. */
  readonly commands: { readonly shard: number; readonly sessionId: string; readonly command: Command }[] = [];
  readonly acks: { readonly shard: number; readonly seq: number }[] = [];
  readonly #served = new Map<string, string[]>([
    ['paper-1', ['PAPER-1']],
    ['paper-2', ['PAPER-2']],
  ]);
  readonly #credits = new Map<string, number>();
  readonly #states = new Map<string, SessionState>();
  readonly #journals = new Map<string, FakeSessionJournal>();
  readonly #attached = new Map<string, MessageStream<DispatchRequest, DispatchResponse>>();
  readonly #streams = new Set<MessageStream<DispatchRequest, DispatchResponse>>();
  readonly #watchers = new Set<MessageStream<never, WatchSessionsResponse>>();

  sessions(): Session[] {
    return Array.from(this.#served, ([sessionId, brokerAccountIds]) => ({
      sessionId,
      broker: 'paper',
      brokerAccountIds: [...brokerAccountIds],
      commandsPerSecondMax: 100,
      state: this.#states.get(sessionId) ?? SessionState.READY,
      text: '',
      process: 'around',
      address: this.address,
      offer: this.offer,
    }));
  }

  /** The session serves this broker account too. @returns the broker account. */
  serve(sessionId: string, brokerAccountId: string): string {
    const served = this.#served.get(sessionId);
    if (served === undefined) throw new Error(`the broker has no session ${sessionId}`);
    if (!served.includes(brokerAccountId)) served.push(brokerAccountId);
    return brokerAccountId;
  }

  setState(sessionId: string, state: SessionState): void {
    this.#states.set(sessionId, state);
    this.tellSessions();
  }

  tellSessions(): void {
    for (const watcher of this.#watchers) watcher.send({ sessions: this.sessions() });
  }

  setCredits(sessionId: string, credits: number): void {
    this.#credits.set(sessionId, credits);
    for (const [key, stream] of this.#attached)
      if (key.startsWith(`${sessionId}/`)) this.#credit(stream, sessionId, Number(key.split('/')[1]));
  }

  watch(stream: MessageStream<never, WatchSessionsResponse>): void {
    this.#watchers.add(stream);
    stream.onClose(() => this.#watchers.delete(stream));
    stream.send({ sessions: this.sessions() });
  }

  accept(stream: MessageStream<DispatchRequest, DispatchResponse>): void {
    if (this.isDown) return stream.cancel(away('broker-connector'));
    this.#streams.add(stream);
    stream.onClose(() => this.#streams.delete(stream));
    stream.onEnd(() => stream.end());
    stream.onMessage(({ messages }) => {
      for (const message of messages) this.#take(stream, message);
    });
  }

  break(): void {
    for (const stream of this.#streams) stream.cancel(away('broker-connector'));
  }

  /** Commands of an order, as often as they came: the number of the request in it. */
  sent(orderId: string): string[] {
    return this.commands
      .filter(({ command }) => command.orderId === orderId)
      .map(({ command }) => command.brokerRequestId.slice(orderId.length + 1));
  }

  commandOf(orderId: string) {
    return this.commands.find(({ command }) => command.orderId === orderId);
  }

  /** The broker says something about an order that was sent to it. */
  report(orderId: string, report: NonNullable<Report['report']>, partial: Partial<Report> = {}): void {
    const sent = this.commandOf(orderId);
    if (sent === undefined) throw new Error(`the broker knows no order ${orderId}`);
    const { shard, sessionId, command } = sent;
    const row = this.journal(sessionId, shard).add(aReport(command, report, { sessionId, brokerOrderId: 'B1', ...partial }));
    this.say(sessionId, shard, { $case: 'report', value: row });
  }

  trade(orderId: string, tradeId: string, lastQty: string, lastPx = '1500'): void {
    const brokerAccountId = this.commandOf(orderId)?.command.brokerAccountId ?? '';
    this.report(orderId, aTrade({ tradeId, lastQty, lastPx, tradedAtMs: 5, brokerAccountId }));
  }

  say(sessionId: string, shard: number, message: ConnectorMessage['message']): void {
    this.#attached.get(`${sessionId}/${shard}`)?.send({ messages: [{ sessionId, shard, message }] });
  }

  journal(sessionId: string, shard: number): FakeSessionJournal {
    const key = `${sessionId}/${shard}`;
    const journal = this.#journals.get(key) ?? new FakeSessionJournal();
    this.#journals.set(key, journal);
    return journal;
  }

  #take(stream: MessageStream<DispatchRequest, DispatchResponse>, { sessionId, shard, message }: DispatchMessage): void {
    const key = `${sessionId}/${shard}`;
    switch (message?.$case) {
      case 'attach': {
        this.#attached.set(key, stream);
        const journal = this.journal(sessionId, shard);
        const { lastSeq, lastHash } = message.value;
        const rows = journal.after({ seq: lastSeq, hash: lastHash });
        if (rows === 'conflict') {
          this.say(sessionId, shard, {
            $case: 'detached',
            value: { text: 'the cursor conflicts with the journal of the session', address: '' },
          });
          return void this.#attached.delete(key);
        }
        this.say(sessionId, shard, { $case: 'attached', value: { lastSeq: journal.rows.length } });
        this.#credit(stream, sessionId, shard);
        for (const row of rows) this.say(sessionId, shard, { $case: 'report', value: row });
        return;
      }
      case 'command':
        if (this.#attached.get(key) === stream) this.commands.push({ shard, sessionId, command: message.value });
        return;
      case 'ack':
        return void this.acks.push({ shard, seq: message.value.seq });
      case 'detach':
        if (this.#attached.get(key) === stream) this.#attached.delete(key);
        return;
      case undefined:
        throw new Error('a message that says nothing');
    }
  }

  #credit(stream: MessageStream<DispatchRequest, DispatchResponse>, sessionId: string, shard: number): void {
    const credits = this.#credits.get(sessionId) ?? 1000;
    stream.send({
      messages: [{ sessionId, shard, message: { $case: 'credit', value: { credits, retryAfterMs: credits === 0 ? 70 : 0 } } }],
    });
  }
}

const instruments = [
  ['i-infy', 'INFY'],
  ['i-tcs', 'TCS'],
  ['i-twice-1', 'TWICE'],
  ['i-twice-2', 'TWICE'],
  ['i-both-1', 'BOTH'],
  ['i-both-2', 'BOTH', 'BSE'],
].map(([instrumentId, symbol, exchange = 'NSE']) => Instrument.fromPartial({ instrumentId, symbol, exchange, currency: 'INR' }));

export class Neighbours {
  risk = new FakeRisk();
  brokers = new FakeBrokers();
  /** Who asks for the instruments waits for this. */
  instrumentsRead: Promise<void> = Promise.resolve();

  roles(): Role[] {
    return [
      fakeRole({
        contract: RISK_SERVICE,
        handlers: {
          attach: (stream: MessageStream<AttachRequest, AttachResponse>) => this.risk.accept(stream),
          preview: async () => ({ decision: aDecision() }),
        },
      }),
      fakeRole({
        contract: BROKER_SERVICE,
        handlers: {
          dispatch: (stream: MessageStream<DispatchRequest, DispatchResponse>) => this.brokers.accept(stream),
          watchSessions: (_: unknown, stream: MessageStream<never, WatchSessionsResponse>) => this.brokers.watch(stream),
          listSessions: async () => ({ sessions: this.brokers.sessions() }),
          getExchange: async () => {
            if (this.brokers.isDown) throw away('broker-connector');
            return this.brokers.exchange;
          },
        },
      }),
      fakeRole({
        contract: INSTRUMENT_SERVICE,
        handlers: {
          watchInstruments: (_: unknown, stream: MessageStream<never, WatchInstrumentsResponse>) =>
            void this.instrumentsRead.then(() => stream.send({ instruments, snapshotEnd: true })),
          getInstrument: async ({ instrument }: { readonly instrument: string }) => ({
            instrument: instruments.find((each) => each.instrumentId === instrument),
          }),
        },
      }),
      fakeRole({ contract: POSITION_SERVICE, handlers: {} }),
      fakeRole({ contract: MARKET_DATA_SERVICE, handlers: {} }),
    ];
  }
}
