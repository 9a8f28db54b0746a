// Program of a worker thread with one engine. V8 takes its flags before the engine's code is compiled, hence the import that waits.
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { v8Flags } from './v8-flags.js';
import { type WorkerOptions } from './worker-messages.js';

for (const flag of v8Flags) setFlagsFromString(flag);
const { serveEngine } = await import('./worker-serve.js');
if (parentPort === null) throw new Error('This program runs as a worker thread only.');
serveEngine(parentPort, workerData as WorkerOptions);
