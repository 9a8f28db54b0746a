import { ListParkedResponse, type ListParkedResponse_Parked, ReplayParkedResponse } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Command } from 'commander';
import { exitCodes } from './failure.js';
import { table } from './table.js';
import { type Terminal, withSession } from './terminal.js';

const readers = ['orders', 'positions'];

export function addParkedCommands(program: Command, terminal: Terminal): void {
  const parked = program
    .command('parked')
    .description('lists what could not be applied and waits for an operator: reports that contradict, events that positions could not take')
    .action((_options, command: Command) =>
      withSession(command, terminal, async ({ client, print }) => {
        const found = await Promise.all(readers.map((reader) => client.readers.parked({ reader })));
        const all = found.flatMap((answer) => answer.parked);
        await print({ parked: [], ...(ListParkedResponse.toJSON({ parked: all }) as object) }, () => showParked(all));
      }),
    );

  parked
    .command('replay')
    .description('applies what is parked of an account again; what still contradicts stays parked')
    .argument('<reader>', readers.join(' or '))
    .argument('<stream>', 'as "switchyard parked" lists it')
    .argument('<account>')
    .action((reader: string, stream: string, key: string, _options, command: Command) =>
      withSession(command, terminal, async ({ client, print }) => {
        const answer = await client.readers.replay({ reader, stream, key });
        const { applied, ended, error } = answer;
        await print(
          ReplayParkedResponse.toJSON(answer),
          () => `applied: ${applied}\n${ended ? 'nothing is parked any more' : `parked still: ${error}`}`,
        );
        if (!ended) terminal.exitCode = exitCodes.refused;
      }),
    );
}

function showParked(parked: readonly ListParkedResponse_Parked[]): string {
  if (parked.length === 0) return 'nothing is parked';
  const columns = [
    { heading: 'reader' },
    { heading: 'stream' },
    { heading: 'account' },
    { heading: 'from', isFigure: true },
    { heading: 'since' },
    { heading: 'why' },
  ];
  return table(
    columns,
    parked.map(({ reader, stream, key, fromSeq, parkedAtMs, error }) => [
      reader,
      stream,
      key,
      String(fromSeq),
      new Date(parkedAtMs).toISOString(),
      error,
    ]),
  );
}
