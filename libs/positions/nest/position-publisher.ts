// Publishes positions.v1 from our own journal: in order and without gaps per stream, from the watermark after a restart. No owner is needed: who holds a watermark's
// row lock publishes its stream, one process at a time.
import { POSITIONS_TOPIC } from '@switchyard/contracts';
import { type EventBus } from '@switchyard/platform/bus';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { lockUnpublished, moveWatermarks, readHeads } from './positions.sql.js';
import { type PositionsConfig } from './positions.config.js';

const rowsOfStreamMax = 500;

export class PositionPublisher {
  /** Streams that may have something to publish. */
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly bus: Pick<EventBus, 'publish'>,
    private readonly config: PositionsConfig,
    private readonly log: Logger,
  ) {}

  /** Publishes what was left behind, here or by a process that died, and looks again from time to time. */
  start(): void {
    void this.#look();
    this.#lookTimer = setInterval(() => void this.#look(), this.config.publishRetryMs);
  }

  /** Finishes the publication in flight. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#lookTimer);
    clearTimeout(this.#timer);
    await this.#working;
  }

  /** Rows of these streams were committed. */
  committed(streams: Iterable<string>): void {
    for (const stream of streams) this.#dirty.add(stream);
    this.#schedule();
  }

  async #look(): Promise<void> {
    try {
      const behind = (await readHeads(this.pool)).filter(({ seq, published }) => seq > published);
      this.committed(behind.map(({ stream }) => stream));
    } catch (error) {
      this.log.warn({ err: error }, 'could not look for positions that are not published');
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#working !== undefined || this.#isStopped || this.#dirty.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#publish().finally(() => {
        this.#working = undefined;
        this.#schedule();
      });
    }, this.config.publishLingerMs);
  }

  async #publish(): Promise<void> {
    const streams = [...this.#dirty];
    this.#dirty.clear();
    const tx = await this.pool.connect().catch(() => undefined);
    if (tx === undefined) return; // The next look finds the streams again.
    let failure: Error | undefined;
    try {
      // A watermark that is lost with the database's last moments costs a repeated publication, not a row.
      await tx.query('BEGIN; SET LOCAL synchronous_commit TO off');
      const rows = await lockUnpublished(tx, streams, rowsOfStreamMax);
      if (rows.length > 0) {
        await this.bus.publish(POSITIONS_TOPIC, rows);
        const upTo = new Map(rows.map((row) => [row.stream, row.seq]));
        await moveWatermarks(tx, upTo);
        for (const stream of upTo.keys())
          if (rows.filter((row) => row.stream === stream).length === rowsOfStreamMax) this.#dirty.add(stream);
      }
      await tx.query('COMMIT');
    } catch (error) {
      this.log.warn({ err: error, streams: streams.length }, 'positions could not be published; they will be tried again');
      await tx.query('ROLLBACK').catch((broken: unknown) => (failure = broken instanceof Error ? broken : new Error(String(broken))));
    } finally {
      tx.release(failure);
    }
  }
}
