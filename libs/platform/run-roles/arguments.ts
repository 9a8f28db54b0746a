/** What the command line of a role's program asks for. */
export type Wish = 'run' | 'help' | 'print-config';

export const usage = `A role of Switchyard. Its settings are environment variables: docs/configuration.md.

  --help            this text
  --print-config    the configuration in force, secrets hidden
`;

/** The command line has an option that there is not. */
export class UnknownOptionError extends Error {
  override readonly name = 'UnknownOptionError';
}

/** @throws UnknownOptionError */
export function wishOf(args: readonly string[]): Wish {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const unknown = args.filter((arg) => arg !== '--print-config');
  if (unknown.length > 0) throw new UnknownOptionError(`There is no option ${unknown.join(', ')}. --help tells which there are.`);
  return args.length > 0 ? 'print-config' : 'run';
}
