import { type SwitchyardClient } from '@switchyard/client';
import { type DevClaims } from '@switchyard/client/development';
import { type Command } from 'commander';
import { type CommonOptions, connectTo } from './platform.js';
import { type Symbols } from './show.js';

/** Where a command writes, and what it may read. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Aborted by Ctrl-C: ends what goes on until then. */
  readonly signal: AbortSignal;
  /** What the command ends with where it does not fail. */
  exitCode: number;
}

/** What a command has to work with. */
export interface Session {
  readonly client: SwitchyardClient;
  readonly options: CommonOptions & Readonly<Record<string, unknown>>;
  /** Prints the answer: as JSON where that was asked for, else as text for a person. */
  print(json: unknown, text: () => string | Promise<string>): Promise<void>;
  /** Names of instruments for people. */
  symbols(instrumentIds: readonly string[]): Promise<Symbols>;
}

/** Runs a command with a client, which is closed in the end. */
export async function withSession(
  command: Command,
  terminal: Terminal,
  run: (session: Session) => Promise<void>,
  claims?: Partial<DevClaims>,
): Promise<void> {
  const options: Session['options'] = command.optsWithGlobals();
  const client = connectTo(options, terminal.env, claims);
  const known = new Map<string, string>();
  try {
    await run({
      client,
      options,
      async print(json, text) {
        terminal.write(`${options.json === true ? JSON.stringify(json, null, 2) : await text()}\n`);
      },
      async symbols(instrumentIds) {
        const missing = [...new Set(instrumentIds)].filter((id) => id !== '' && !known.has(id));
        await Promise.all(
          missing.map(async (id) => {
            const { instrument } = await client.instruments.get({ instrument: id });
            if (instrument !== undefined) known.set(id, `${instrument.exchange}:${instrument.symbol}`);
          }),
        );
        return known;
      },
    });
  } finally {
    client.close();
  }
}
