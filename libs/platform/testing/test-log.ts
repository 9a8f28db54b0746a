import { type Logger, openLog } from '../log/index.js';

/** A log whose lines a spec can read. */
export function testLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = openLog({
    process: 'tester',
    level: 'trace',
    format: 'json',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  return { log, lines };
}
