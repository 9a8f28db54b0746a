import { Side } from '@switchyard/contracts';
import { GetDepthResponse } from '@switchyard/contracts/gen/matching/v1/depth';
import { MassCancelResponse, SetPhaseResponse, TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { type VenueClient } from '@switchyard/client';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError, exitCodes } from './failure.js';
import { connectToVenue } from './platform.js';
import { table } from './table.js';
import { type Session, type Terminal, withSession } from './terminal.js';
import { choicesOf, parseSide, parseTradingPhase } from './words.js';

/** What operators do at the paper venue itself. */
export function addVenueCommands(program: Command, terminal: Terminal): void {
  const venue = program
    .command('venue')
    .description('operates the paper venue: its books, trading phases and orders')
    .option('--venue <host:port>', 'the process that runs the venue; default: the one of the platform that runs here');

  venue
    .command('depth')
    .description('shows the book of an instrument, best price first')
    .argument('<instrument>', 'id or EXCHANGE:SYMBOL')
    .option('--levels <n>', 'price levels of each side, 1 to 50', parseLevels, 5)
    .action((instrument: string, { levels }: { levels: number }, command: Command) =>
      withVenue(command, terminal, async (client, session) => {
        const depth = await client.depth(await idOf(session, instrument), levels);
        await session.print(GetDepthResponse.toJSON(depth), () => showDepth(depth));
      }),
    );

  venue
    .command('phase')
    .description('sets the trading phase of an instrument')
    .argument('<instrument>', 'id or EXCHANGE:SYMBOL')
    .argument('<phase>', choicesOf(TradingPhase), parseTradingPhase)
    .action((instrument: string, phase: TradingPhase, _options: object, command: Command) =>
      withVenue(command, terminal, async (client, session) => {
        const answer = await client.setPhase(await idOf(session, instrument), phase);
        await session.print(SetPhaseResponse.toJSON(answer), () => {
          const trades = answer.tradesCount === 1 ? '1 trade' : `${answer.tradesCount} trades`;
          const auction = answer.equilibriumPrice === '' ? '' : `  ${trades} at ${answer.equilibriumPrice}`;
          return `${instrument} is in ${TradingPhase[phase] ?? 'UNRECOGNIZED'}${auction}`;
        });
      }),
    );

  venue
    .command('mass-cancel')
    .description('cancels every order at the venue that fits all that is said')
    .option('--broker-account <id>', 'only of this broker account')
    .option('--instrument <name>', 'only in this instrument')
    .option('--side <word>', 'only buy or sell', parseSide)
    .option('--all', 'every order of every session')
    .action((options: MassCancelOptions, command: Command) =>
      withVenue(command, terminal, async (client, session) => {
        const { brokerAccount: brokerAccountId = '', instrument, side = Side.UNSPECIFIED, all } = options;
        const isNarrowed = brokerAccountId !== '' || instrument !== undefined || side !== Side.UNSPECIFIED;
        if (isNarrowed === (all === true)) throw new CommandError('say which orders, or give --all', exitCodes.usage);
        const instrumentId = instrument === undefined ? '' : await idOf(session, instrument);
        const answer = await client.massCancel({ brokerAccountId, instrumentId, side });
        await session.print(MassCancelResponse.toJSON(answer), () => `canceled: ${answer.canceledCount}`);
      }),
    );
}

interface MassCancelOptions {
  readonly brokerAccount?: string;
  readonly instrument?: string;
  readonly side?: Side;
  readonly all?: boolean;
}

async function withVenue(
  command: Command,
  terminal: Terminal,
  run: (client: VenueClient, session: Session) => Promise<void>,
): Promise<void> {
  await withSession(command, terminal, async (session) => {
    const client = connectToVenue(session.options, terminal.env);
    try {
      await run(client, session);
    } finally {
      client.close();
    }
  });
}

async function idOf({ client }: Session, instrument: string): Promise<string> {
  const answer = await client.instruments.get({ instrument });
  return answer.instrument?.instrumentId ?? instrument;
}

function showDepth({ bids, asks }: GetDepthResponse): string {
  const figures = ['orders', 'bid qty', 'bid', 'ask', 'ask qty', 'orders'].map((heading) => ({ heading, isFigure: true }));
  const rows = Array.from({ length: Math.max(bids.length, asks.length) }, (_, at) => {
    const [bid, ask] = [bids[at], asks[at]];
    return [String(bid?.orders ?? ''), bid?.qty ?? '', bid?.price ?? '', ask?.price ?? '', ask?.qty ?? '', String(ask?.orders ?? '')];
  });
  return rows.length === 0 ? 'The book is empty.' : table(figures, rows);
}

function parseLevels(text: string): number {
  const levels = Number(text);
  if (!Number.isInteger(levels) || levels < 1 || levels > 50) throw new InvalidArgumentError('from 1 to 50');
  return levels;
}
