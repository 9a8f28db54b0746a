// Limits and halts: the journal stream `risk`, which one process writes and every risk process folds.
import { CallError, type Halt, Reason, RISK_TOPIC, type ServiceHandlers, StatusCode } from '@switchyard/contracts';
import { type JournalServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { RiskEvent } from '@switchyard/contracts/gen/risk/v1/events';
import { type HaltRequest, type Limits, type ReleaseRequest, type SetLimitsRequest } from '@switchyard/contracts/gen/risk/v1/service';
import { type Clock, Deferred, type Result } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { CommitUnknownError, HolderLostError, Journal } from '@switchyard/platform/journal';
import { type Logger } from '@switchyard/platform/log';
import { type ProcessInfo } from '@switchyard/platform/run-roles';
import { tracePort } from '@switchyard/platform/telemetry';
import { type HaltBook, type KnownHalt, type Profile, type Refusal, RiskBook } from '@switchyard/risk-core';
import { type Pool } from 'pg';
import { randomUUID } from 'node:crypto';
import { type RiskConfig } from './risk.config.js';

/** The one unit and stream of this journal. */
const unit = 'risk';
const retryMs = 200;

type Fact = NonNullable<RiskEvent['event']>;

export interface RuleKeeperOptions {
  readonly config: RiskConfig;
  readonly profile: Profile;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly process: ProcessInfo;
}

export class RuleKeeper {
  readonly book: RiskBook;
  readonly #journal: Journal;
  readonly #options: RuleKeeperOptions;
  readonly #loaded = new Deferred<void>();
  #isLoaded = false;
  /** The last fact of the stream that is in the book. */
  #seq = 0;
  /** Reads and writes take turns, so that a fact is made from the book that holds all before it. */
  #turn: Promise<unknown> = Promise.resolve();
  #poll: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #watchers: (() => void)[] = [];

  constructor(options: RuleKeeperOptions) {
    const { config, profile, pool, clock, log, bus, process } = options;
    this.#options = options;
    this.book = new RiskBook(profile);
    this.#journal = new Journal({
      schema: 'risk',
      pool,
      process,
      units: () => [unit],
      hooks: {
        acquired: async () => {
          await this.#refresh();
          return {};
        },
        released: () => this.#inTurn(async () => undefined),
        lost: (reason) => log.warn({ reason }, 'limits and halts are not written here any more'),
      },
      publish: () => [RISK_TOPIC],
      bus,
      clock,
      log,
      trace: tracePort,
      settings: { heartbeatMs: config.heartbeatMs, holderTimeoutMs: config.holderTimeoutMs },
    });
  }

  /** The journal of risk.v1, from which its readers fill their gaps. */
  get journalHandlers(): ServiceHandlers<JournalServiceDefinition> {
    return this.#journal.handlers;
  }

  async start(): Promise<void> {
    await this.#journal.start();
    void this.#keepFresh();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#poll);
    await this.#journal.stop();
    await this.#turn;
  }

  ready(): true | string {
    if (!this.#isLoaded) return 'limits and halts are not read yet';
    const journal = this.#journal.ready();
    if (journal !== true) return journal;
    const writer = this.ownerAddress();
    const isElsewhere = writer !== undefined && writer !== this.#options.process.address;
    return this.owns() || isElsewhere || 'nobody writes limits and halts yet';
  }

  /**
   * Resolves when every fact that was durable at the time of the call is in the book. Nothing may be judged before the first time, and whoever asks for the halts must not get
   * those of a moment ago, since who wrote the newer ones may count them as told.
   */
  async refreshed(): Promise<void> {
    await this.#loaded.promise;
    if (!this.owns()) await this.#refresh();
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** The halts in force. @throws CallError NOT_READY while they are not read: a failed read is never "none". */
  async halts(): Promise<HaltBook> {
    if (!this.#isLoaded) throw notReady('limits and halts are not read yet');
    await this.refreshed();
    return this.book.halts;
  }

  /** True where this process writes. */
  owns(): boolean {
    return this.#journal.owns(unit);
  }

  /** Address of the process that writes; undefined while there is none. */
  ownerAddress(): string | undefined {
    return this.#journal.ownerOf(unit)?.address;
  }

  /** Calls the handler when the halts have changed, and once they are read. */
  onHalts(handler: () => void): void {
    this.#watchers.push(handler);
  }

  async setLimits(request: SetLimitsRequest, actor: string, traceparent: string): Promise<Limits> {
    const fact = await this.#write(() => this.book.setLimits(request, actor), request.accountId || request.riskGroupId, traceparent);
    if (fact.value.limits === undefined) throw notReady('unreachable: limits that were set are there');
    return fact.value.limits;
  }

  /** Records a halt as ENGAGING; the one that is in force where there is one for the same thing. */
  async engage(request: HaltRequest, actor: string, traceparent: string): Promise<KnownHalt> {
    const haltId = `halt-${randomUUID()}`;
    let known: KnownHalt | undefined;
    await this.#writeIfAny(
      () => {
        const engaged = this.book.engage(request, haltId, actor, this.#options.clock.nowMs());
        if (!engaged.ok) return engaged;
        if ('fact' in engaged.value) return { ok: true, value: engaged.value.fact };
        known = engaged.value.known;
        return { ok: true, value: undefined };
      },
      'halts',
      traceparent,
    );
    known ??= this.book.halt(haltId);
    if (known === undefined) throw notReady('the halt was released at once');
    return known;
  }

  /** Records that all have the halt. */
  async engaged(haltId: string): Promise<void> {
    await this.#writeIfAny(() => ({ ok: true, value: this.book.engaged(haltId) }), 'halts', '');
  }

  /** Releases a halt, where that is not done already; the halts that are still in force. */
  async release(request: ReleaseRequest, actor: string, traceparent: string): Promise<readonly Halt[]> {
    await this.#writeIfAny(() => this.book.release(request, actor), 'halts', traceparent);
    return this.book.halts.halts;
  }

  async #write<F extends Fact>(make: () => Result<F, Refusal>, key: string, traceparent: string): Promise<F> {
    const fact = await this.#writeIfAny(make, key, traceparent);
    return fact as F; // `make` always gives one.
  }

  /** Makes a fact from the book as it is in this turn, appends it, and folds it once it is durable. */
  #writeIfAny<F extends Fact>(make: () => Result<F | undefined, Refusal>, key: string, traceparent: string): Promise<F | undefined> {
    return this.#inTurn(async () => {
      if (!this.owns() || !this.#isLoaded) throw notReady('this process does not write limits and halts now');
      const made = make();
      if (!made.ok) throw refusal(made.error);
      const fact = made.value;
      if (fact === undefined) return undefined;
      const encode = ({ atMs }: { atMs: number }): Uint8Array => RiskEvent.encode({ atMs, event: fact }).finish();
      try {
        await this.#journal.append({ unit, entries: [{ stream: unit, key, traceparent, encode }] });
      } catch (error) {
        throw appendError(error);
      }
      await this.#catchUp();
      return fact;
    });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #refresh(): Promise<void> {
    return this.#inTurn(() => this.#catchUp());
  }

  /** Folds what the journal has and the book has not. */
  async #catchUp(): Promise<void> {
    const before = this.book.halts;
    for await (const rows of this.#journal.read(unit, this.#seq + 1)) {
      for (const { seq, payload } of rows) {
        this.book.apply(RiskEvent.decode(payload));
        this.#seq = seq;
      }
    }
    const first = !this.#isLoaded;
    this.#isLoaded = true;
    this.#loaded.resolve();
    if (first || before !== this.book.halts) for (const watcher of this.#watchers) watcher();
  }

  /** Reads at start, until it is done; afterwards where another process writes. */
  async #keepFresh(): Promise<void> {
    const { config, log } = this.#options;
    let waitMs = config.rulesPollMs;
    try {
      if (!this.#isLoaded || !this.owns()) await this.#refresh();
    } catch (error) {
      waitMs = retryMs;
      log.warn({ err: error }, 'limits and halts could not be read; they are read again');
    }
    if (!this.#stopped) this.#poll = setTimeout(() => void this.#keepFresh(), waitMs);
  }
}

/** The refusal of a command, with the field that it concerns. */
function refusal({ reason, field, text }: Refusal): CallError {
  const code = reason === Reason.HALT_UNKNOWN ? StatusCode.NOT_FOUND : StatusCode.INVALID_ARGUMENT;
  return new CallError(text, { code, reason, violations: [{ field, description: text, reason }] });
}

function notReady(text: string): CallError {
  return new CallError(text, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, retryAfterMs: retryMs });
}

function appendError(error: unknown): unknown {
  if (error instanceof HolderLostError) return notReady('this process does not write limits and halts now');
  if (!(error instanceof CommitUnknownError)) return error;
  return new CallError('it is not known whether the change was written: read, and repeat it if it was not', {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.UNAVAILABLE,
    retryAfterMs: retryMs,
    cause: error,
  });
}
