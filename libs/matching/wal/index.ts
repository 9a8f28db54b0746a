// @switchyard/matching-wal: the log of the venue and of its engine in files. Node built-ins only.
export { LogContent } from './format.js';
export { CorruptLogError } from './log-files.js';
export { readLog, type Frame, type LogEnd } from './log-reader.js';
export { logDefaults, LogWriter, type LogSettings, type OpenedLog } from './log-writer.js';
export { readSnapshots, saveSnapshot, type Snapshot } from './snapshots.js';
export { DurableEngine, type DurableEngineOptions, type Recovery } from './durable-engine.js';
export { LocalHost, shardOfBook, type EngineHost, type RunningEngine, type ShardReports } from './engine-host.js';
export { WorkerHost, type WorkerHostOptions } from './worker-host.js';
export { withoutLog } from './worker-serve.js';
export { v8Flags } from './v8-flags.js';
