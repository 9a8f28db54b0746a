import {
  CallError,
  OrdStatus,
  OrdType,
  Product,
  Reason,
  SelfTradePrevention,
  type Side,
  StatusCode,
  TimeInForce,
} from '@switchyard/contracts';
import { type SwitchyardClient } from '@switchyard/client';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import {
  CancelAllResponse,
  CancelOrderResponse,
  PlaceOrderResponse,
  PreviewOrderResponse,
  ReplaceOrderResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { type Command, Option } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, exitCodes, nextStep, ofField } from './failure.js';
import { showOrder } from './show.js';
import { pairs } from './table.js';
import { type Session, type Terminal, withSession } from './terminal.js';
import {
  choicesOf,
  isFinal,
  isPending,
  parseInstant,
  parseOrdType,
  parseProduct,
  parseSelfTradePrevention,
  parseSide,
  parseTimeInForce,
  reasonWord,
} from './words.js';

const waitMs = 10_000;
const pollMs = 20;

/** Options that say what is ordered. */
interface ContentOptions {
  readonly type?: OrdType;
  readonly limit?: string;
  readonly stop?: string;
  readonly expire?: number;
  readonly display?: string;
  readonly protection?: string;
  readonly postOnly?: boolean;
  readonly stp?: SelfTradePrevention;
  readonly tif: TimeInForce;
  readonly product: Product;
  readonly strategy?: string;
  readonly account: string;
  readonly clOrdId?: string;
  readonly wait?: boolean;
}

export function accountOption(): Option {
  return new Option('--account <id>', 'the account').default('DEMO');
}

export function addOrderCommands(program: Command, terminal: Terminal): void {
  contentOptions(program.command('order').description('places an order'))
    .option('--cl-ord-id <id>', 'your id of the order; the same id again gives the first answer')
    .option('--wait', 'wait until the broker has answered, for a market order until it is done')
    .action((side, quantity, instrument, _options, command: Command) =>
      withSession(command, terminal, (session) => place(session, { side, quantity, instrument }, terminal)),
    );

  contentOptions(program.command('preview').description('judges an order without placing it')).action(
    (side, quantity, instrument, _options, command: Command) =>
      withSession(command, terminal, (session) => preview(session, { side, quantity, instrument }, terminal)),
  );

  program
    .command('cancel')
    .description('cancels what is left of an order, or of all open orders of the account')
    .argument('[order]', 'order id, or your clOrdId')
    .option('--all', 'every open order of the account')
    .addOption(accountOption())
    .option('--cl-ord-id <id>', 'your id of the cancel')
    .option('--wait', 'wait until the broker has answered')
    .action((order: string | undefined, _options, command: Command) =>
      withSession(command, terminal, (session) => cancel(session, order, terminal)),
    );

  program
    .command('replace')
    .description('replaces quantity and prices of an order')
    .argument('<order>', 'order id, or your clOrdId')
    .option('--quantity <n>', 'new total quantity; default: as it is')
    .option('--limit <price>', 'new limit price')
    .option('--stop <price>', 'new stop price')
    .addOption(accountOption())
    .option('--cl-ord-id <id>', 'your id of the replace')
    .option('--wait', 'wait until the broker has answered')
    .action((order: string, _options, command: Command) => withSession(command, terminal, (session) => replace(session, order, terminal)));
}

function contentOptions(command: Command): Command {
  return command
    .argument('<side>', 'buy or sell', parseSide)
    .argument('<quantity>', 'in units, not lots')
    .argument('<instrument>', 'EXCHANGE:SYMBOL such as NSE:INFY, or an instrument id')
    .option('--limit <price>', 'limit price; without it the order is a market order')
    .option('--stop <price>', 'stop price: the order waits until the market trades there')
    .addOption(new Option('--type <word>', `${choicesOf(OrdType)}; without it as the prices say`).argParser(parseOrdType))
    .addOption(
      new Option('--tif <word>', `time in force: ${choicesOf(TimeInForce)}`).argParser(parseTimeInForce).default(TimeInForce.DAY, 'day'),
    )
    .addOption(new Option('--expire <time>', 'with --tif gtd: until when, such as 2026-11-27T15:30:00+05:30').argParser(parseInstant))
    .option('--display <n>', 'an iceberg: show this much of the quantity at a time')
    .option('--post-only', 'refused if it would trade at once')
    .option('--protection <percent>', 'a market or stop order: how far from the best price it may trade')
    .addOption(
      new Option('--stp <word>', `instead of a trade with an order of the same account: ${choicesOf(SelfTradePrevention)}`).argParser(
        parseSelfTradePrevention,
      ),
    )
    .addOption(new Option('--product <word>', choicesOf(Product)).argParser(parseProduct).default(Product.INTRADAY, 'intraday'))
    .option('--strategy <id>', 'the strategy that orders')
    .addOption(accountOption());
}

interface Wanted {
  readonly side: Side;
  readonly quantity: string;
  readonly instrument: string;
}

/** The type that the prices say. */
function ordTypeOf({ limit, stop }: ContentOptions): OrdType {
  if (stop === undefined) return limit === undefined ? OrdType.MARKET : OrdType.LIMIT;
  return limit === undefined ? OrdType.STOP : OrdType.STOP_LIMIT;
}

function contentOf({ side, quantity, instrument }: Wanted, options: ContentOptions) {
  return {
    instrument,
    side,
    ordType: options.type ?? ordTypeOf(options),
    timeInForce: options.tif,
    product: options.product,
    orderQty: quantity,
    price: options.limit,
    stopPx: options.stop,
    displayQty: options.display,
    marketProtection: options.protection,
    strategyId: options.strategy ?? '',
    selfTradePrevention: options.stp ?? SelfTradePrevention.UNSPECIFIED,
    postOnly: options.postOnly ?? false,
    expireAtMs: options.expire ?? 0,
  };
}

async function place(session: Session, wanted: Wanted, terminal: Terminal): Promise<void> {
  const options = session.options as unknown as ContentOptions;
  const { client } = session;
  const answer = await client.orders.place({ accountId: options.account, clOrdId: options.clOrdId, content: contentOf(wanted, options) });
  const placed = must(answer.order);
  const isDone = (order: OrderState) =>
    placed.content?.ordType === OrdType.MARKET ? isFinal(order.ordStatus) : !isPending(order.ordStatus);
  const order = options.wait === true ? await settled(client, placed, isDone) : placed;
  await session.print(PlaceOrderResponse.toJSON({ ...answer, order }), async () =>
    showOrder(order, await session.symbols([order.content?.instrument ?? ''])),
  );
  const isRefused = order.ordStatus === OrdStatus.DENIED || order.ordStatus === OrdStatus.REJECTED;
  refusedBy(isRefused ? order.reason : Reason.UNSPECIFIED, answer.field, order.text, terminal, session);
}

async function preview(session: Session, wanted: Wanted, terminal: Terminal): Promise<void> {
  const options = session.options as unknown as ContentOptions;
  const answer = await session.client.orders.preview({ accountId: options.account, content: contentOf(wanted, options) });
  const { decision, route } = answer;
  await session.print(PreviewOrderResponse.toJSON(answer), () =>
    pairs([
      ['judgement', decision?.approved === true ? 'would be accepted' : 'would be refused'],
      ['route', route === undefined ? '' : `${route.brokerAccountId} by ${route.sessionId}`],
      ['reference price', decision?.referencePrice ?? ''],
      ...Object.entries(decision?.inputs ?? {}).map(([name, seen]): [string, string] => [name, seen]),
    ]),
  );
  refusedBy(
    decision?.approved === true ? Reason.UNSPECIFIED : (decision?.reason ?? Reason.UNSPECIFIED),
    decision?.field ?? '',
    decision?.text ?? '',
    terminal,
    session,
  );
}

async function cancel(session: Session, named: string | undefined, terminal: Terminal): Promise<void> {
  const { client, options } = session;
  const { account: accountId, all, clOrdId, wait } = options as unknown as ContentOptions & { all?: boolean; account: string };
  if ((named === undefined) !== (all === true))
    throw new CommandError('name an order, or give --all', exitCodes.usage, '"switchyard orders --open" lists what can be canceled');
  if (named === undefined) {
    const answer = await client.orders.cancelAll({ accountId, clOrdId });
    const refused = answer.cancels.filter(({ reason }) => reason !== Reason.UNSPECIFIED);
    await session.print(
      CancelAllResponse.toJSON(answer),
      () => `cancels sent: ${answer.cancels.length - refused.length}, refused: ${refused.length}`,
    );
    return;
  }
  const answer = await client.orders.cancel({ accountId, clOrdId, ...(await naming(client, accountId, named)) });
  const order =
    wait === true && answer.reason === Reason.UNSPECIFIED
      ? await settled(client, must(answer.order), (now) => !isPending(now.ordStatus))
      : must(answer.order);
  await session.print(CancelOrderResponse.toJSON({ ...answer, order }), async () =>
    showOrder(order, await session.symbols([order.content?.instrument ?? ''])),
  );
  refusedBy(answer.reason, '', answer.text, terminal, session);
}

async function replace(session: Session, named: string, terminal: Terminal): Promise<void> {
  const { client, options } = session;
  const { account: accountId, quantity, limit, stop, clOrdId, wait } = options as unknown as ContentOptions & { quantity?: string };
  if (quantity === undefined && limit === undefined && stop === undefined)
    throw new CommandError('nothing is to be changed', exitCodes.usage, 'give --quantity, --limit or --stop');
  const which = await naming(client, accountId, named);
  const before = must((await client.orders.get({ accountId, orderId: which.orderId })).order);
  const answer = await client.orders.replace({
    accountId,
    clOrdId,
    ...which,
    orderQty: quantity ?? before.content?.orderQty ?? '',
    price: limit,
    stopPx: stop,
  });
  const order =
    wait === true && answer.reason === Reason.UNSPECIFIED
      ? await settled(client, must(answer.order), (now) => !isPending(now.ordStatus))
      : must(answer.order);
  await session.print(ReplaceOrderResponse.toJSON({ ...answer, order }), async () =>
    showOrder(order, await session.symbols([order.content?.instrument ?? ''])),
  );
  refusedBy(answer.reason, answer.field, answer.text, terminal, session);
}

/** An order may be named by our id or by the caller's. Where neither is known, the error is about what was given, whichever of the two was meant. */
export async function naming(client: SwitchyardClient, accountId: string, named: string): Promise<{ orderId: string }> {
  if (/^[0-9a-f]{2}[0-9a-z]{22}$/.test(named)) return { orderId: named };
  try {
    return { orderId: must((await client.orders.get({ accountId, clOrdId: named })).order).orderId };
  } catch (error) {
    const reason = Reason.ORDER_UNKNOWN;
    if (!(error instanceof CallError) || error.reason !== reason) throw error;
    const description = `account ${accountId} has no order with the order id or clOrdId "${named}"`;
    throw new CallError(description, { code: StatusCode.NOT_FOUND, reason, violations: [{ field: 'order', description, reason }] });
  }
}

/** The order when it has come so far, or as it is after ten seconds. */
export async function settled(
  client: SwitchyardClient,
  order: OrderState,
  isDone: (order: OrderState) => boolean,
  withinMs = waitMs,
): Promise<OrderState> {
  const { accountId, orderId } = order;
  let now = order;
  for (const endMs = Date.now() + withinMs; !isDone(now) && Date.now() < endMs; await sleep(pollMs))
    now = must((await client.orders.get({ accountId, orderId })).order);
  return now;
}

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new CommandError('the platform answered without the order', exitCodes.failed);
  return value;
}

/** A refusal is an answer, which was printed; here it becomes the sentence and the exit code. */
function refusedBy(reason: Reason, field: string, text: string, terminal: Terminal, { options }: Session): void {
  if (reason === Reason.UNSPECIFIED) return;
  terminal.exitCode = exitCodes.refused;
  if (options.json === true) return;
  const next = nextStep(reason);
  terminal.writeError(`refused: ${ofField(field, text)} (${reasonWord(reason)})\n${next === '' ? '' : `next: ${next}\n`}`);
}
