// @switchyard/matching-wal/venue: the paper venue's log in a folder. Apart from the rest, because engines and their workers don't know the venue's messages.
export { FileVenueLog, venueLogDefaults, type StoredEvent, type VenueLogSettings } from './file-venue-log.js';
export { FolderLock, type LockHolder } from './folder-lock.js';
export {
  DamagedFolderError,
  keepVenueSnapshot,
  recoverVenue,
  ReplayMismatchError,
  VenueBrokenError,
  VenueFolderError,
  type RecoveredVenue,
  type RecoverVenueOptions,
} from './recover-venue.js';
export { syncFolder } from './log-writer.js';
export { type VenueSnapshotParts } from './venue-snapshots.js';
