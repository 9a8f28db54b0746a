import { type OrdStatus } from '@switchyard/contracts';
import { SearchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { GetQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { ExplainOrderResponse, ListAccountsResponse, ListOrdersResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { ListLedgerResponse, ListPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { type Command, Option } from 'commander';
import { accountOption, naming } from './order-commands.js';
import {
  instrumentsIn,
  showAccounts,
  showEvent,
  showInstruments,
  showLedger,
  showLife,
  showOrders,
  showPositions,
  showQuotes,
} from './show.js';
import { type Terminal, withSession } from './terminal.js';
import { parseOrdStatus, wholeNumber } from './words.js';

export function addReadCommands(program: Command, terminal: Terminal): void {
  program
    .command('orders')
    .description('lists the orders of an account, newest first')
    .option('--open', 'only those that are not final')
    .option('--instrument <name>', 'only of this instrument')
    .addOption(
      new Option('--status <word>', 'only in this status').argParser((word: string, former: OrdStatus[] = []) => [
        ...former,
        parseOrdStatus(word),
      ]),
    )
    .option('--limit <n>', 'at most this many, up to 200', wholeNumber(1, 200), 50)
    .option('--page <token>', 'the next page, by what the former one ended with')
    .addOption(accountOption())
    .action((options: OrdersOptions, command: Command) =>
      withSession(command, terminal, async ({ client, print, symbols }) => {
        const { account: accountId, open, instrument, status, limit, page } = options;
        const answer = await client.orders.list({
          accountId,
          openOnly: open,
          instrument,
          ordStatuses: status,
          pageSize: limit,
          pageToken: page,
        });
        await print(withList('orders', ListOrdersResponse.toJSON(answer)), async () => {
          const shown = showOrders(answer.orders, await symbols(answer.orders.map(({ content }) => content?.instrument ?? '')));
          return answer.nextPageToken === '' ? shown : `${shown}\nmore: --page ${answer.nextPageToken}`;
        });
      }),
    );

  program
    .command('positions')
    .description('positions, profit and loss, and cash of an account')
    .option('--flat', 'also those that are flat')
    .addOption(accountOption())
    .action((options: { account: string; flat?: boolean }, command: Command) =>
      withSession(command, terminal, async ({ client, print, symbols }) => {
        const answer = await client.positions.list({ accountId: options.account, includeFlat: options.flat });
        await print(withList('positions', ListPositionsResponse.toJSON(answer)), async () =>
          showPositions(answer, await symbols(answer.positions.map(({ instrumentId }) => instrumentId))),
        );
      }),
    );

  program
    .command('ledger')
    .description('every posting of an account, newest fact first: what trades moved, and what they were charged')
    .option('--limit <n>', 'at most this many, up to 500', wholeNumber(1, 500), 50)
    .option('--page <token>', 'the next page, by what the former one ended with')
    .addOption(accountOption())
    .action((options: { account: string; limit: number; page?: string }, command: Command) =>
      withSession(command, terminal, async ({ client, print, symbols }) => {
        const answer = await client.positions.ledger({ accountId: options.account, pageSize: options.limit, pageToken: options.page });
        await print(withList('postings', ListLedgerResponse.toJSON(answer)), async () => {
          const shown = showLedger(answer.postings, await symbols(instrumentsIn(answer.postings)));
          return answer.nextPageToken === '' ? shown : `${shown}\nmore: --page ${answer.nextPageToken}`;
        });
      }),
    );

  program
    .command('instruments')
    .description('finds instruments by the beginning of a symbol, or a word of the name')
    .argument('<query>')
    .option('--limit <n>', 'at most this many, up to 100', wholeNumber(1, 100), 20)
    .action((query: string, options: { limit: number }, command: Command) =>
      withSession(command, terminal, async ({ client, print }) => {
        const answer = await client.instruments.search({ query, limit: options.limit });
        await print(withList('instruments', SearchInstrumentsResponse.toJSON(answer)), () => showInstruments(answer.instruments));
      }),
    );

  program
    .command('quotes')
    .description('the latest quotes')
    .argument('<instrument...>', 'EXCHANGE:SYMBOL or instrument ids')
    .action((names: string[], _options, command: Command) =>
      withSession(command, terminal, async ({ client, print, symbols }) => {
        const found = await Promise.all(names.map((instrument) => client.instruments.get({ instrument })));
        const instrumentIds = found.flatMap(({ instrument }) => (instrument === undefined ? [] : [instrument.instrumentId]));
        const answer = await client.quotes.get({ instrumentIds });
        await print(withList('quotes', GetQuotesResponse.toJSON(answer)), async () =>
          showQuotes(answer.quotes, await symbols(instrumentIds)),
        );
      }),
    );

  program
    .command('accounts')
    .description('lists the accounts that the token may see')
    .action((_options, command: Command) =>
      withSession(command, terminal, async ({ client, print }) => {
        const answer = await client.accounts.list({});
        await print(withList('accounts', ListAccountsResponse.toJSON(answer)), () => showAccounts(answer.accounts));
      }),
    );

  program
    .command('explain')
    .description("tells an order's life: every event of both journals, the risk decision, the broker's exchange")
    .argument('<order>', 'order id, or your clOrdId')
    .option('--account <id>', 'its account; operators may leave it out where they name the order id')
    .action((named: string, options: { account?: string }, command: Command) =>
      withSession(command, terminal, async ({ client, print, symbols }) => {
        const { orderId } = await naming(client, options.account ?? 'DEMO', named);
        const answer = await client.orders.explain({ orderId, accountId: options.account });
        await print(ExplainOrderResponse.toJSON(answer), async () =>
          showLife(answer, await symbols([answer.order?.content?.instrument ?? ''])),
        );
      }),
    );

  program
    .command('follow')
    .description('shows what happens in an account as it happens, until Ctrl-C')
    .option(
      '--from <accountSeq>',
      'after this fact; 0 from the beginning, -1 only what comes',
      wholeNumber(-1, Number.MAX_SAFE_INTEGER),
      -1,
    )
    .addOption(accountOption())
    .action((options: { account: string; from: number }, command: Command) =>
      withSession(command, terminal, async ({ client, symbols, options: common }) => {
        const cursors = [{ accountId: options.account, accountSeq: options.from }];
        for await (const event of client.orders.follow(cursors, { signal: terminal.signal })) {
          const shown =
            common.json === true
              ? JSON.stringify(OrderEvent.toJSON(event))
              : showEvent(event, await symbols([event.state?.content?.instrument ?? '']));
          terminal.write(`${shown}\n`);
        }
      }),
    );
}

/** JSON of protobuf leaves an empty list out; for programs it is an empty list. */
function withList(name: string, json: unknown): unknown {
  return { [name]: [], ...(json as object) };
}

interface OrdersOptions {
  readonly account: string;
  readonly open?: boolean;
  readonly instrument?: string;
  readonly status?: readonly OrdStatus[];
  readonly limit: number;
  readonly page?: string;
}
