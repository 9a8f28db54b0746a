/** Logs: one JSON object a line on stdout, or one readable line on a terminal. Every line inside a trace carries its id. */
import { CallError, StatusCode } from '@switchyard/contracts';
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { activeTraceparent } from '../telemetry/index.js';
import { isDatabaseAway } from '../calls/database-away.js';
import { prettyLine } from './pretty-line.js';

export type LogFormat = 'json' | 'pretty';

export interface LogOptions {
  /** The process' name, on every line. */
  readonly process: string;
  readonly level: string;
  readonly format: LogFormat;
  /** Where to write; stdout where absent. */
  readonly destination?: DestinationStream;
}

/** A line that says that the database is away is written once in this time; who tries says so with every try. */
const awayEveryMs = 30_000;

/** A field of this name is never shown, however deep it lies. */
const secretName = /^(authorization|cookie|set-cookie|credentials?|.*(token|password|passphrase|secret|api-?_?key|private-?_?key))$/i;
/** Deeper than this nothing is told. */
const depthMax = 8;

/** The value with every secret field shown as [secret]. What has a form of its own (`toJSON`: Secret, Date, Buffer) and errors stay as they are. */
function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth > depthMax) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  if ('toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      secretName.test(name) && field !== undefined && field !== null ? '[secret]' : withoutSecrets(field, depth + 1),
    ]),
  );
}

/**
 * Lets the first of the lines through that say the same of what is away, without the stack, which says where we tried and nothing else; then, after
 * `awayEveryMs`, one more with how many were left out.
 */
function awayOnce(nowMs: () => number): NonNullable<LoggerOptions['hooks']>['logMethod'] {
  const told = new Map<string, { atMs: number; leftOut: number }>();
  return function (args, method) {
    const [fields, message] = args as unknown as [unknown, unknown];
    const err = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined;
    if (typeof message !== 'string' || !isAway(err)) return method.apply(this, args);
    const former = told.get(message);
    if (former !== undefined && nowMs() - former.atMs < awayEveryMs) return void (former.leftOut += 1);
    told.set(message, { atMs: nowMs(), leftOut: 0 });
    const { err: _, ...rest } = fields as { err: Error };
    const leftOut = (former?.leftOut ?? 0) > 0 ? { leftOut: former?.leftOut } : {};
    method.apply(this, [{ ...rest, ...leftOut, reason: err.message }, message] as unknown as typeof args);
  };
}

/** The database does not answer, or a call said so; both pass by themselves, and those who meet them try again. */
function isAway(error: unknown): error is Error {
  return isDatabaseAway(error) || (error instanceof CallError && error.code === StatusCode.UNAVAILABLE && isDatabaseAway(error.cause));
}

/** Opens the log of a process. `Secret` values show as [secret] by themselves; a field whose name says token, password or key is hidden as well. */
export function openLog(options: LogOptions): Logger {
  const target: DestinationStream = options.destination ?? { write: (line) => void process.stdout.write(line) };
  const destination: DestinationStream = options.format === 'json' ? target : { write: (line) => target.write(prettyLine(line)) };
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => {
        const traceparent = activeTraceparent();
        return traceparent === '' ? {} : { trace_id: traceparent.slice(3, 35) };
      },
      hooks: { logMethod: awayOnce(() => performance.now()) },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields, 0) as Record<string, unknown>,
      },
      // An error's own fields are told as well, and what it was caused by.
      serializers: { err: (error: Error) => withoutSecrets(pino.stdSerializers.err(error), 0) },
    },
    destination,
  );
}
