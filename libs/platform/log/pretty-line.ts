const shown = new Set(['level', 'time', 'process', 'msg', 'err', 'trace_id']);

/** A JSON log line as one readable line: time, level, process, message, then what else it says; an error's stack follows on lines of its own. */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown> & {
    time: string;
    level: string;
    process: string;
    msg?: string;
    err?: { stack?: string };
  };
  const rest = Object.entries(line)
    .filter(([key]) => !shown.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const first = [line.time.slice(11, 23), line.level.toUpperCase().padEnd(5), line.process, line.msg ?? '', ...rest].join(' ');
  return line.err?.stack === undefined ? `${first}\n` : `${first}\n${line.err.stack}\n`;
}
