// The venue's folder while this process holds it: the lock, and the venue that was recovered.
import { setImmediate } from 'node:timers/promises';
import { type Clock } from '@switchyard/kernel';
import { Venue } from '@switchyard/matching-core';
import { FastEngine } from '@switchyard/matching-core/engine';
import { FolderLock, recoverVenue, type RecoveredVenue } from '@switchyard/matching-wal/venue';
import { type Logger } from 'pino';
import { type MatchingConfig } from './matching.config.js';

export interface HeldVenueOptions {
  readonly config: Pick<MatchingConfig, 'folder' | 'sync'>;
  readonly processName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** What is waited for, in words. */
  readonly onState: (text: string) => void;
}

export class HeldVenue {
  readonly recovered: RecoveredVenue;
  readonly #lock: FolderLock;

  private constructor(lock: FolderLock, recovered: RecoveredVenue) {
    this.#lock = lock;
    this.recovered = recovered;
  }

  /**
   * Waits for the folder, then recovers the venue from it.
   * @throws VenueFolderError: it stays closed until a person has looked. Anything else may pass; also what the signal was aborted with.
   */
  static async open({ config, processName, clock, log, signal, onState }: HeldVenueOptions): Promise<HeldVenue> {
    const { folder, sync } = config;
    const lock = await FolderLock.take(folder, {
      name: processName,
      signal,
      onWaiting: (holder) =>
        onState(
          `The venue waits for its folder ${folder}, which ${holder === undefined ? 'another process' : `${holder.name} (process ${holder.pid} on ${holder.host})`} holds.`,
        ),
    });
    try {
      onState(`The venue recovers from ${folder}.`);
      await setImmediate();
      const beganMs = clock.monotonicMs();
      const recovered = await recoverVenue({
        folder,
        makeVenue: (snapshot) => new Venue(new FastEngine(), snapshot),
        settings: { sync },
        warn: (text) => log.warn(text),
        signal,
      });
      const { venue, snapshotSeq, replayedCount, remadeCount } = recovered;
      const tookMs = Math.round(clock.monotonicMs() - beganMs);
      log.info({ folder, seq: venue.seq, snapshotSeq, replayedCount, remadeCount, tookMs }, 'the venue was recovered');
      return new HeldVenue(lock, recovered);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Waits for what is being written; then another may have the folder. */
  async close(): Promise<void> {
    try {
      await this.recovered.log.close();
    } finally {
      this.#lock.release();
    }
  }
}
