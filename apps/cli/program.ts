/** The command line: what there is, with help everywhere. The commands are in order-commands, read-commands, admin-commands and venue-commands. */
import { Command, CommanderError } from 'commander';
import { addAdminCommands } from './admin-commands.js';
import { describeFailure, exitCodes, failureAsJson } from './failure.js';
import { addOrderCommands } from './order-commands.js';
import { type Terminal } from './terminal.js';
import { addParkedCommands } from './parked-commands.js';
import { addReadCommands } from './read-commands.js';
import { addVenueCommands } from './venue-commands.js';
import { wholeNumber } from './words.js';

/** No call of the platform may take longer: a deadline beyond it would promise what nobody keeps. */
const timeoutMsMax = 30_000;

const examples = `
Examples:
  switchyard order buy 10 NSE:INFY                 a market order of the account DEMO
  switchyard order buy 10 NSE:INFY --limit 1500    a limit order
  switchyard orders --open                         what is working
  switchyard explain <orderId>                     its life, event by event
  switchyard halt account DEMO --text "fat finger"

Exit codes: 0 done, 1 a defect, 2 a wrong command line, 3 refused, 4 not found, 5 unavailable or outcome unknown, 6 not allowed.
docs/start.md begins at the beginning.`;

/** Runs one command and gives its exit code. Everything that is read or written goes through the terminal. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('switchyard')
    .description('Places and follows orders on Switchyard, and operates it.')
    .option('--address <host:port>', 'an order-gateway, or several separated by commas; default: the platform that runs here')
    .option('--token <jwt>', 'the token to call with; default: one signed with the development key')
    .option('--data-folder <path>', 'where the running platform wrote down its address; default: the nearest .switchyard')
    .option('--timeout <ms>', `deadline of each call in milliseconds, at most ${timeoutMsMax}`, wholeNumber(1, timeoutMsMax), 5_000)
    .option('--json', 'print JSON for programs')
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.writeError });
  addOrderCommands(program, terminal);
  addReadCommands(program, terminal);
  addAdminCommands(program, terminal);
  addParkedCommands(program, terminal);
  addVenueCommands(program, terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const { lines, exitCode } = describeFailure(error);
    if (program.opts()['json'] === true) terminal.writeError(`${JSON.stringify(failureAsJson(error), null, 2)}\n`);
    else terminal.writeError(`${lines.join('\n')}\n`);
    return exitCode;
  }
}
