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

/** Opens the log of a process. `Secret` values show as [secret] by themselves; what carries a token or key in its name is removed as well. */
export function openLog(options: LogOptions): Logger {
  const target: DestinationStream = options.destination ?? { write: (line) => void process.stdout.write(line) };
  const destination: DestinationStream = options.format === 'json' ? target : { write: (line) => target.write(prettyLine(line)) };
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const traceparent = activeTraceparent();
        return traceparent === '' ? {} : { trace_id: traceparent.slice(3, 35) };
      },
      redact: {
        paths: ['token', '*.token', 'authorization', '*.authorization', 'password', '*.password', 'secret', '*.secret'],
        censor: '[secret]',
      },
    },
    destination,
  );
}
