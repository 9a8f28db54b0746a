import { StatusCode } from '@switchyard/contracts';

const shown = new Set(['level', 'time', 'process', 'msg', 'err', 'trace_id']);

/** A JSON log line as one readable line: time, level, process, message, then what else it says; the stack of an error that is no refusal follows on lines of its own. */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown> & {
    time: string;
    level: string;
    process: string;
    msg?: string;
    err?: LoggedError;
  };
  const rest = Object.entries(line)
    .filter(([key]) => !shown.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const { err, msg = '' } = line;
  const isRefused = err !== undefined && isRefusal(err);
  const said = isRefused ? `${msg}: ${(err.message ?? '').replace(causeOfGrpc, '')}` : msg;
  const first = [line.time.slice(11, 23), line.level.toUpperCase().padEnd(5), line.process, said, ...rest].join(' ');
  return err?.stack === undefined || isRefused ? `${first}\n` : `${first}\n${err.stack}\n`;
}

/** gRPC's own words behind ours, which say the same once more. */
const causeOfGrpc = /: \d+ [A-Z_]+: .*$/s;

interface LoggedError {
  readonly type?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly code?: unknown;
}

/** What another process said, or that it did not answer: where in our code we asked tells nobody anything. A defect keeps its stack. */
function isRefusal({ type, code }: LoggedError): boolean {
  return type === 'CallError' && code !== StatusCode.INTERNAL && code !== StatusCode.UNKNOWN;
}
