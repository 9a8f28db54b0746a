// The halts in force at this process. Until risk has told them, nothing is sent: a gate fails closed.
import { type Calls, type Halt, RISK_SERVICE } from '@switchyard/contracts';
import { type Halts } from '@switchyard/brokers-core';
import { type Pool } from 'pg';
import { stampHaltVersion } from './brokers.sql.js';

export class HaltGate {
  #halts: Halts | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly calls: Calls,
    private readonly holderId: () => string,
    private readonly changed: () => void,
  ) {}

  /** The halts in force; undefined until risk has told them once. */
  get halts(): Halts | undefined {
    return this.#halts;
  }

  /** Takes a version from risk; resolves when no request that was judged by an older one can be written any more. Older ones are ignored. */
  async put(version: number, inForce: readonly Halt[]): Promise<number> {
    if (this.#halts === undefined || version > this.#halts.version) this.#halts = { version, inForce };
    const halts = this.#halts; // A newer version may come while this one is written, and is not written yet then.
    await this.stamp();
    this.changed();
    return halts.version;
  }

  /** Writes the version in force to this process' holder row; a new holder starts without one. */
  async stamp(): Promise<void> {
    if (this.#halts !== undefined) await stampHaltVersion(this.pool, this.holderId(), this.#halts.version);
  }

  /** Asks risk for the halts in force. Rejects when risk can't be reached. */
  async fetch(): Promise<void> {
    const { haltVersion, halts } = await this.calls.any(RISK_SERVICE).listHalts({}, { timeoutMs: 2000 });
    await this.put(haltVersion, halts);
  }
}
