// An owner on fakes, and the life around it: flush, crash and recovery.
import { SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { Prng, shardHex } from '@switchyard/kernel';
import { AccountOwner } from '../account-owner.js';
import { CreditBook } from '../credits.js';
import { HaltTable } from '../halts.js';
import { type AccountOwnerOptions, type OwnerLimits } from '../owner-options.js';
import { type Alarm } from '../ports.js';
import { indianTradingDate } from '../trading-date.js';
import { aCaller, demoAccountId, demoShard, FakeSessionJournal, startMs } from './builders.js';
import { demoInstruments, FakeDispatcher, FakeRiskGate, FakeSessionBook } from './fakes.js';
import { InMemoryOrderJournal, InMemoryTables } from './in-memory-journal.js';

export interface HarnessOptions {
  readonly limits?: Partial<OwnerLimits>;
  readonly credits?: number;
  readonly seed?: string;
}

/** One shard with account DEMO, routed to paper-1 (broker account PAPER-1). */
export class OwnerHarness {
  readonly tables = new InMemoryTables();
  readonly risk = new FakeRiskGate({ nowMs: () => this.nowMs });
  readonly dispatcher = new FakeDispatcher();
  readonly instruments = demoInstruments();
  readonly sessions = new FakeSessionBook();
  readonly halts = new HaltTable();
  readonly credits = new CreditBook();
  readonly alarms: Alarm[] = [];
  readonly connector = new FakeSessionJournal();
  readonly #limits: Partial<OwnerLimits> | undefined;
  readonly #random: Prng;
  nowMs = startMs;
  journal: InMemoryOrderJournal;
  owner: AccountOwner;

  constructor({ limits, credits = 1_000, seed = 'harness' }: HarnessOptions = {}) {
    this.#limits = limits;
    this.#random = new Prng(seed);
    this.risk.onWait = (untilMs) => {
      this.nowMs = Math.max(this.nowMs, untilMs);
      this.risk.sweep();
    };
    this.sessions.onWait = (withinMs) => void (this.nowMs += withinMs);
    for (const sessionId of ['paper-1', 'paper-2']) this.sessions.set(sessionId, SessionState.READY);
    this.credits.grant('paper-1', credits, 100);
    this.credits.grant('paper-2', credits, 100);
    this.journal = new InMemoryOrderJournal(this.tables, () => this.nowMs);
    this.owner = AccountOwner.ofEmptyShard(this.options());
  }

  options(): AccountOwnerOptions {
    return {
      shard: demoShard,
      process: 'order-gateway-0',
      journal: this.journal,
      risk: this.risk,
      dispatcher: this.dispatcher,
      instruments: this.instruments,
      sessions: this.sessions,
      halts: this.halts,
      credits: this.credits,
      clock: { nowMs: () => this.nowMs },
      random: (count) => this.#random.bytes(count),
      tradingDateOf: indianTradingDate,
      alarm: (alarm) => this.alarms.push(alarm),
      limits: this.#limits,
    };
  }

  async openDemo(): Promise<this> {
    const routes = [{ brokerAccountId: 'PAPER-1', sessionId: 'paper-1' }];
    await this.owner.putAccount({ accountId: demoAccountId, name: 'Demo', baseCurrency: 'INR', riskGroupId: 'DEMO', routes }, aCaller());
    return this;
  }

  /** Writes dirty rows as the nest side does. */
  flush(): void {
    const dirty = this.owner.takeDirty();
    if (dirty === undefined) return;
    this.tables.flush(dirty);
    this.owner.flushed();
  }

  /** The process loses the shard, and another one recovers it from what is stored. */
  async restart(): Promise<void> {
    this.journal.lose();
    this.owner.close();
    this.journal = new InMemoryOrderJournal(this.tables, () => this.nowMs);
    const { snapshot, tail } = this.tables.recovery(shardHex(demoShard));
    this.owner = await AccountOwner.recover(this.options(), snapshot, tail);
  }

  /** Lets everything that is under way come to rest. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
