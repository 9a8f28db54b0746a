/** Orders, positions and timelines as a person reads them. */
import { type OrderContent, SelfTradePrevention } from '@switchyard/contracts';
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { type Account, type ExplainOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { type ListPositionsResponse, type Posting } from '@switchyard/contracts/gen/positions/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { ordTypeWord, reasonWord, selfTradePreventionWord, sideWord, statusWord, timeInForceWord, tradingStateWord } from './words.js';
import { pairs, table } from './table.js';

/** Instrument id → EXCHANGE:SYMBOL. */
export type Symbols = ReadonlyMap<string, string>;

const time = (atMs: number) => (atMs === 0 ? '' : new Date(atMs).toISOString().slice(11, 23));
const empty = (what: string) => `no ${what}`;
const symbolOf = (symbols: Symbols, id: string) => symbols.get(id) ?? id;

function priceOf({ content }: OrderState): string {
  return [content?.price, content?.stopPx === undefined ? undefined : `stop ${content.stopPx}`]
    .filter((part) => part !== undefined)
    .join(' ');
}

function statusOf(order: OrderState): string {
  return `${statusWord(order.ordStatus)}${order.inDoubt ? ' (in doubt)' : ''}`;
}

/** What is said of an order beyond its price and how long it lasts. */
function termsOf({ displayQty, marketProtection, postOnly, expireAtMs, selfTradePrevention }: OrderContent): string[] {
  return [
    expireAtMs === 0 ? '' : `until ${new Date(expireAtMs).toISOString().replace('.000', '')}`,
    displayQty === undefined ? '' : `showing ${displayQty}`,
    marketProtection === undefined ? '' : `protected by ${marketProtection} %`,
    postOnly ? 'post-only' : '',
    selfTradePrevention === SelfTradePrevention.UNSPECIFIED ? '' : `self-trade ${selfTradePreventionWord(selfTradePrevention)}`,
  ];
}

/** "BUY 10 NSE:INFY LIMIT 1500 DAY". */
export function titleOf({ content, ...rest }: OrderState, symbols: Symbols): string {
  if (content === undefined) return rest.orderId;
  const { side, orderQty, instrument, ordType, timeInForce } = content;
  const price = priceOf({ content, ...rest });
  const words = [sideWord(side), orderQty, symbolOf(symbols, instrument), ordTypeWord(ordType), price, timeInForceWord(timeInForce)];
  return [...words, ...termsOf(content)].filter((word) => word !== '').join(' ');
}

export function showOrder(order: OrderState, symbols: Symbols): string {
  const why = [reasonWord(order.reason), order.text].filter((part) => part !== '').join(': ');
  const facts: [string, string][] = [
    ['order', order.orderId],
    ['what', titleOf(order, symbols)],
    ['status', statusOf(order)],
    ['filled', order.cumQty === '0' ? '0' : `${order.cumQty} at ${order.avgPx}`],
    ['open', order.leavesQty],
    ['clOrdId', order.clOrdId],
    ['broker', [order.brokerAccountId, order.brokerOrderId].filter((part) => part !== '').join(' ')],
  ];
  if (why !== '') facts.push(['why', why]);
  return pairs(facts);
}

export function showOrders(orders: readonly OrderState[], symbols: Symbols): string {
  if (orders.length === 0) return empty('orders');
  const columns = ['time', 'order', 'side', 'instrument', 'type', 'status'].map((heading) => ({ heading }));
  const figures = ['quantity', 'price', 'filled', 'average'].map((heading) => ({ heading, isFigure: true }));
  const rows = orders.map((order) => {
    const content = order.content;
    const words = [
      time(order.createdAtMs),
      order.orderId,
      content === undefined ? '' : sideWord(content.side),
      symbolOf(symbols, content?.instrument ?? ''),
    ];
    const numbers = [content?.orderQty ?? '', priceOf(order), order.cumQty, order.cumQty === '0' ? '' : order.avgPx];
    return [...words, content === undefined ? '' : ordTypeWord(content.ordType), statusOf(order), ...numbers, reasonWord(order.reason)];
  });
  return table([...columns, ...figures, { heading: 'reason' }], rows);
}

/** Positions, then cash. Realised is before fees, net is after them. What is unknown is shown as unknown and never as zero. */
export function showPositions({ positions, cash, stale }: ListPositionsResponse, symbols: Symbols): string {
  const columns = [{ heading: 'instrument' }, { heading: 'product' }, { heading: 'broker account' }];
  const figures = ['quantity', 'average', 'market', 'realised', 'fees', 'net', 'unrealised'].map((heading) => ({
    heading,
    isFigure: true,
  }));
  const unknown = (figure: string) => (figure === '' ? 'unknown' : figure);
  const rows = positions.map((position) => [
    symbolOf(symbols, position.instrumentId),
    position.product,
    position.brokerAccountId,
    position.netQty,
    position.avgPx,
    unknown(position.markPx),
    position.realisedPnl,
    unknown(position.fees),
    unknown(position.netRealisedPnl),
    unknown(position.unrealisedPnl),
  ]);
  const lines = [positions.length === 0 ? empty('positions') : table([...columns, ...figures], rows)];
  if (cash.length > 0) lines.push('', ...cash.map(({ currency, balance }) => `cash  ${balance} ${currency}`));
  if (stale) lines.push('', 'These figures may be behind: the account is parked, and operators were told.');
  return lines.join('\n');
}

const securities = 'securities:';

/** The instruments whose securities are in these postings. */
export function instrumentsIn(postings: readonly Posting[]): string[] {
  return [...new Set(postings.flatMap(({ book }) => (book.startsWith(securities) ? [book.slice(securities.length)] : [])))];
}

/** Postings as they come, newest fact first; the postings of a fact sum to zero. */
export function showLedger(postings: readonly Posting[], symbols: Symbols): string {
  if (postings.length === 0) return empty('postings');
  const named = (words: string) => words.replace(/[^\s:]+/g, (word) => symbolOf(symbols, word));
  const columns = ['time', 'fact', 'book', 'amount', 'currency', 'for', 'reference'];
  return table(
    columns.map((heading) => ({ heading, isFigure: heading === 'fact' || heading === 'amount' })),
    postings.map(({ atMs, accountSeq, book, amount, currency, text, ref }) => [
      time(atMs),
      String(accountSeq),
      named(book),
      amount,
      currency,
      named(text),
      ref,
    ]),
  );
}

export function showInstruments(instruments: readonly Instrument[]): string {
  if (instruments.length === 0) return empty('such instruments');
  const columns = [{ heading: 'instrument' }, { heading: 'name' }, { heading: 'id' }, { heading: 'ISIN' }];
  const figures = ['tick', 'lot', 'previous close'].map((heading) => ({ heading, isFigure: true }));
  return table(
    [...columns, ...figures],
    instruments.map((one) => [
      `${one.exchange}:${one.symbol}`,
      one.name,
      one.instrumentId,
      one.isin,
      one.tickSize,
      one.lotSize,
      one.previousClose,
    ]),
  );
}

export function showQuotes(quotes: readonly Quote[], symbols: Symbols): string {
  if (quotes.length === 0) return empty('quotes');
  const figures = ['bid', 'quantity', 'ask', 'quantity', 'last'].map((heading) => ({ heading, isFigure: true }));
  const rows = quotes.map(({ instrumentId, bids: [bid], asks: [ask], lastPx, atMs }) => [
    symbolOf(symbols, instrumentId),
    bid?.price ?? '',
    bid?.qty ?? '',
    ask?.price ?? '',
    ask?.qty ?? '',
    lastPx,
    time(atMs),
  ]);
  return table([{ heading: 'instrument' }, ...figures, { heading: 'time' }], rows);
}

export function showAccounts(accounts: readonly Account[]): string {
  if (accounts.length === 0) return empty('accounts that this token may see');
  const columns = ['account', 'name', 'currency', 'risk group', 'routes', 'may', 'why'].map((heading) => ({ heading }));
  const routes = (account: Account) =>
    account.routes.map(({ brokerAccountId, sessionId }) => `${brokerAccountId} by ${sessionId}`).join(', ');
  return table(
    columns,
    accounts.map((one) => [
      one.accountId,
      one.name,
      one.baseCurrency,
      one.riskGroupId,
      routes(one),
      tradingStateWord(one.tradingState),
      one.tradingStateText,
    ]),
  );
}

/** An order's life: when, how long since the former thing, which process, what, and the facts. */
export function showLife({ order, entries }: ExplainOrderResponse, symbols: Symbols): string {
  const first = entries[0]?.atMs ?? 0;
  const rows = entries.map((entry) => [
    `${entry.atMs - first} ms`,
    entry.sinceFormerMs === 0 ? '' : `+${entry.sinceFormerMs}`,
    entry.process,
    entry.title,
    [entry.reason, ...Object.entries(entry.facts).map(([name, value]) => `${name}=${value}`)].filter((part) => part !== '').join('  '),
    entry.source,
  ]);
  const columns = [
    { heading: 'at', isFigure: true },
    { heading: 'hop', isFigure: true },
    ...['process', 'what', 'facts', 'written in'].map((heading) => ({ heading })),
  ];
  // Facts may be long: they stand below, so that the line of time stays readable.
  const lines = table(
    columns.filter(({ heading }) => heading !== 'facts'),
    rows.map(([at, hop, process, what, , source]) => [at, hop, process, what, source].map((cell) => cell ?? '')),
  ).split('\n');
  const withFacts = lines.flatMap((line, at) => [line, ...wrap(rows[at - 1]?.[4] ?? '', 96).map((part) => `${' '.repeat(18)}${part}`)]);
  return [...(order === undefined ? [] : [`${titleOf(order, symbols)}: ${statusOf(order)}`, '']), ...withFacts].join('\n');
}

/** One fact of a followed account on one line. */
export function showEvent({ accountId, accountSeq, atMs, event, state, process }: OrderEvent, symbols: Symbols): string {
  const what = (event?.$case ?? 'unrecognized').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const trade = event?.$case === 'tradeBooked' ? ` ${event.value.lastQty} at ${event.value.lastPx}` : '';
  const order = state === undefined ? '' : `  ${state.orderId}  ${titleOf(state, symbols)}  ${statusOf(state)}`;
  return `${time(atMs)}  ${accountId}#${accountSeq}  ${process}  ${what}${trade}${order}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split('  ').filter((part) => part !== '')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length + 2 <= width) lines[lines.length - 1] = `${last}  ${word}`;
    else lines.push(word);
  }
  return lines;
}
