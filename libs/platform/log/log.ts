/** Logs: one JSON object a line on stdout, or one readable line on a terminal. Every line inside a trace carries its id. */
import { pino, type DestinationStream, type Logger } from 'pino';
import { activeTraceparent } from '../telemetry/index.js';
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
