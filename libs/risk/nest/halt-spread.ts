// Tells the halts in force to every owner and broker-connector, until each has them. The early answer at the door is theirs; what counts is that a connector writes nothing
// that was judged by an older version.
import { BROKER_SERVICE, type Calls, type Halt, OWNER_SERVICE } from '@switchyard/contracts';
import { type Logger } from '@switchyard/platform/log';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RuleKeeper } from './rule-keeper.js';

/** What is left of a caller's deadline for the way back. */
const answerReserveMs = 200;

export class HaltSpread {
  /** Who has confirmed which version in this process' life. */
  readonly #confirmed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<readonly string[]> | undefined;
  #stopped = false;

  constructor(
    private readonly keeper: RuleKeeper,
    private readonly calls: Calls,
    private readonly log: Logger,
    private readonly settings: { readonly haltRetryMs: number; readonly haltCallMs: number },
  ) {}

  start(): void {
    const again = async (): Promise<void> => {
      await this.spread().catch((error: unknown) => this.log.warn({ err: error }, 'halts could not be spread; it is tried again'));
      if (!this.#stopped) this.#timer = setTimeout(() => void again(), this.settings.haltRetryMs);
    };
    // A timer and not the shared tick: a kill switch must not wait for Redis, nor for the process that gets the tick.
    this.#timer = setTimeout(() => void again(), this.settings.haltRetryMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Processes that have not confirmed the version in force, by role and address. */
  missing(): string[] {
    const { version } = this.keeper.book.halts;
    return this.#processes()
      .map(({ name }) => name)
      .filter((name) => (this.#confirmed.get(name) ?? 0) < version);
  }

  /** As `spread`, but back before the deadline (epoch milliseconds); the telling goes on. */
  async spreadUntil(deadlineMs: number): Promise<readonly string[]> {
    const patience = new AbortController();
    const waitMs = Math.max(0, Math.min(deadlineMs - Date.now() - answerReserveMs, 60_000));
    const timeout = sleep(waitMs, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.spread(), timeout]);
    patience.abort();
    return this.missing();
  }

  /** Tells whoever lacks the version of now, and records ENGAGED what all have. @returns the processes that still lack it. */
  async spread(): Promise<readonly string[]> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined); // A halt that came while others were told is told in the next round.
    this.#running = this.#once();
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #once(): Promise<readonly string[]> {
    if (!this.keeper.owns() || !this.keeper.isLoaded) return [];
    const { version, halts } = this.keeper.book.halts;
    if (version === 0) return [];
    const processes = this.#processes();
    await Promise.all(
      processes.filter(({ name }) => (this.#confirmed.get(name) ?? 0) < version).map((each) => this.#tell(each, version, halts)),
    );
    const missing = this.missing();
    if (missing.length === 0) {
      for (const known of this.keeper.book.engaging()) if (known.haltVersion <= version) await this.keeper.engaged(known.halt.haltId);
    }
    return missing;
  }

  async #tell(process: Process, version: number, halts: readonly Halt[]): Promise<void> {
    try {
      const { haltVersion } = await process.put({ haltVersion: version, halts: [...halts] }, { timeoutMs: this.settings.haltCallMs });
      this.#confirmed.set(process.name, haltVersion);
    } catch (error) {
      this.log.warn({ err: error, process: process.name, version }, 'a process does not have the halts yet; it is told again');
    }
  }

  #processes(): Process[] {
    const owners = this.calls
      .addressesOf(OWNER_SERVICE)
      .map((address) => ({ name: `order-gateway ${address}`, put: this.calls.at(OWNER_SERVICE, address).putHalts }));
    const connectors = this.calls
      .addressesOf(BROKER_SERVICE)
      .map((address) => ({ name: `broker-connector ${address}`, put: this.calls.at(BROKER_SERVICE, address).putHalts }));
    return [...owners, ...connectors];
  }
}

interface Process {
  /** Role and address. */
  readonly name: string;
  readonly put: (request: { haltVersion: number; halts: Halt[] }, options: { timeoutMs: number }) => Promise<{ haltVersion: number }>;
}
