// A venue on a folder, in a test: what it executes is in its log.
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { Venue, type VenueInput } from '@switchyard/matching-core';
import { FastEngine } from '@switchyard/matching-core/engine';
import { keepVenueSnapshot, recoverVenue, type RecoveredVenue, type RecoverVenueOptions } from '../recover-venue.js';
import { type VenueLogSettings } from '../file-venue-log.js';

export class VenueOnFolder {
  readonly warnings: string[];
  readonly recovered: RecoveredVenue;
  readonly #folder: string;

  private constructor(folder: string, recovered: RecoveredVenue, warnings: string[]) {
    this.#folder = folder;
    this.recovered = recovered;
    this.warnings = warnings;
  }

  static async open(
    folder: string,
    settings: Partial<VenueLogSettings> = {},
    makeVenue: RecoverVenueOptions['makeVenue'] = (snapshot) => new Venue(new FastEngine(), snapshot),
  ): Promise<VenueOnFolder> {
    const warnings: string[] = [];
    const recovered = await recoverVenue({
      folder,
      makeVenue,
      settings: { sync: 'none', ...settings },
      warn: (text) => void warnings.push(text),
    });
    return new VenueOnFolder(folder, recovered, warnings);
  }

  get venue(): Venue {
    return this.recovered.venue;
  }

  get log(): RecoveredVenue['log'] {
    return this.recovered.log;
  }

  /** One batch. */
  async execute(...inputs: readonly VenueInput[]): Promise<VenueEvent[]> {
    const firstSeq = this.venue.seq + 1;
    const events = inputs.map((input) => {
      this.log.record(input, this.venue.seq + 1);
      return this.venue.apply(input);
    });
    await this.log.append(events, firstSeq);
    return events;
  }

  async keepSnapshot(): Promise<void> {
    await keepVenueSnapshot(this.#folder, this.log, this.venue.snapshotParts());
  }

  async close(): Promise<void> {
    await this.log.close();
  }
}
