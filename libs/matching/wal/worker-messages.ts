// What a host and its worker threads tell each other. Words are in memory that both share.
import { type ShardPlace } from './engine-host.js';
import { type LogSettings } from './log-writer.js';

export interface WorkerOptions extends ShardPlace {
  readonly engine: 'fast' | 'reference';
  /** Where its log is; undefined keeps none. */
  readonly folder: string | undefined;
  readonly settings: Partial<LogSettings> | undefined;
}

export type WorkerRequest =
  /** The words are for all shards: each takes its own. `spare`: memory of reports that nobody needs any more, for new ones. */
  | { readonly kind: 'execute'; readonly words: Int32Array; readonly spare: SharedArrayBuffer | undefined }
  | { readonly kind: 'stateHash' }
  | { readonly kind: 'close' };

export type WorkerAnswer =
  | { readonly kind: 'reports'; readonly firstSeq: number; readonly words: Int32Array }
  | { readonly kind: 'stateHash'; readonly hash: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** The last one: whatever is asked after it finds no answer. */
  | { readonly kind: 'broken'; readonly error: Error };
