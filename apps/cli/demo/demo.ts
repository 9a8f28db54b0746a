/** What an internal app does, from its token to its profit and loss. */
import { OrdStatus, OrdType, Product, Reason, Side, TimeInForce } from '@switchyard/contracts';
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { type SwitchyardClient } from '@switchyard/client';
import { type RunState } from '@switchyard/client/development';
import { formatDecimal, Price, Quantity } from '@switchyard/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, settled } from '../order-commands.js';
import { showInstruments, showPositions, showQuotes, type Symbols } from '../show.js';
import { isFinal, isPending, reasonWord, statusWord } from '../words.js';
import { killInTheMiddle } from './kill.js';
import { showHops } from './life.js';
import { type Script } from './script.js';

export const demoAccountId = 'DEMO';
const symbol = 'NSE:INFY';
const settleMs = 15_000;

/** What every step works with. */
export interface Demo {
  readonly client: SwitchyardClient;
  readonly running: RunState;
  readonly script: Script;
  readonly symbols: Symbols;
}

/** Runs all steps. Throws DemoError or CallError where something is not as expected. */
export async function runDemo(client: SwitchyardClient, running: RunState, script: Script): Promise<void> {
  script.step('A token');
  script.show(
    `signed with the development key for "demo-app", a trader on the account ${demoAccountId}; gRPC at ${running.gateways.join(' and ')}`,
  );

  script.step('Search');
  const { instruments } = await client.instruments.search({ query: 'infy' });
  script.show(showInstruments(instruments));
  const instrument = instruments.find((one) => `${one.exchange}:${one.symbol}` === symbol);
  script.expect(`${symbol} is there`, instrument !== undefined, `${instruments.length} other instruments`);
  const found = instrument as Instrument;
  const symbols = new Map(instruments.map((one) => [one.instrumentId, `${one.exchange}:${one.symbol}`]));
  const demo: Demo = { client, running, script, symbols };
  const { quotes } = await client.quotes.get({ instrumentIds: [found.instrumentId] });
  script.show(showQuotes(quotes, symbols));
  const lastPx = quotes[0]?.lastPx ?? found.previousClose;
  const before = await boughtOf(client, found.instrumentId);

  const resting = await restingLimit(demo, found, lastPx);
  await marketable(demo);
  await replace(demo, resting, found, lastPx);
  await cancel(demo, resting);
  await refused(demo, found, lastPx);
  const killed = running.mode === 'cluster' ? await killInTheMiddle(demo, symbol) : noKill(script);

  script.step('Positions, profit and loss');
  const expected = Quantity('10') + killed;
  await positions(demo, found, before, expected);
}

async function restingLimit(demo: Demo, instrument: Instrument, lastPx: string): Promise<OrderState> {
  const { client, script } = demo;
  script.step('A resting limit order, two percent below the market');
  const price = belowMarket(lastPx, instrument, 98n);
  const { order } = await client.orders.place({ accountId: demoAccountId, content: { ...buy('10'), ordType: OrdType.LIMIT, price } });
  const placed = await settled(client, must(order), (now) => !isPending(now.ordStatus), settleMs);
  script.expect('it works at the broker', placed.ordStatus === OrdStatus.NEW, describe(placed));
  await showLifeOf(demo, placed);
  return placed;
}

async function marketable(demo: Demo): Promise<void> {
  const { client, script } = demo;
  script.step('A marketable order');
  const { order } = await client.orders.place({ accountId: demoAccountId, content: { ...buy('10'), ordType: OrdType.MARKET } });
  const done = await settled(client, must(order), (now) => isFinal(now.ordStatus), settleMs);
  script.expect('it is filled at once and whole', done.ordStatus === OrdStatus.FILLED && done.cumQty === '10', describe(done));
  await showLifeOf(demo, done);
}

async function replace(demo: Demo, resting: OrderState, instrument: Instrument, lastPx: string): Promise<void> {
  const { client, script } = demo;
  script.step('A replace of the resting order: quantity 12, a little nearer');
  const price = belowMarket(lastPx, instrument, 99n);
  const answer = await client.orders.replace({ accountId: demoAccountId, orderId: resting.orderId, orderQty: '12', price });
  script.expect('it is accepted', answer.reason === Reason.UNSPECIFIED, `${reasonWord(answer.reason)}: ${answer.text}`);
  const replaced = await settled(client, must(answer.order), (now) => !isPending(now.ordStatus), settleMs);
  const isAsAsked = replaced.ordStatus === OrdStatus.NEW && replaced.content?.orderQty === '12' && replaced.content.price === price;
  script.expect(`it works with quantity 12 at ${price}`, isAsAsked, describe(replaced));
}

async function cancel(demo: Demo, resting: OrderState): Promise<void> {
  const { client, script } = demo;
  script.step('A cancel');
  const answer = await client.orders.cancel({ accountId: demoAccountId, orderId: resting.orderId });
  const canceled = await settled(client, must(answer.order), (now) => isFinal(now.ordStatus), settleMs);
  script.expect('the resting order is canceled', canceled.ordStatus === OrdStatus.CANCELED && canceled.cumQty === '0', describe(canceled));
  await showLifeOf(demo, canceled);
}

async function refused(demo: Demo, instrument: Instrument, lastPx: string): Promise<void> {
  const { client, script } = demo;
  script.step('An order that is refused: its price is between two ticks');
  const price = formatDecimal((Price(belowMarket(lastPx, instrument, 100n)) + Price(instrument.tickSize) / 2n) as Price);
  const clOrdId = `demo-${Date.now()}`;
  const content = { ...buy('10'), ordType: OrdType.LIMIT, price };
  const { order, field } = await client.orders.place({ accountId: demoAccountId, clOrdId, content });
  const isRefused = order?.ordStatus === OrdStatus.DENIED && order.reason === Reason.PRICE_OFF_TICK;
  script.expect('it is denied with field, rule and reason', isRefused, describe(must(order)));
  script.show(`${field}: ${order?.text ?? ''} (${reasonWord(order?.reason ?? Reason.UNSPECIFIED)})`);
  const again = await client.orders.place({ accountId: demoAccountId, clOrdId, content });
  script.expect(
    'the same clOrdId gets the same answer again',
    again.replayed && again.order?.orderId === order?.orderId,
    describe(must(again.order)),
  );
  await showLifeOf(demo, must(order));
}

function noKill(script: Script): bigint {
  script.step('Killing the connector in the middle of an order');
  script.show('needs processes that can die on their own: "npm run cluster", then "npm run demo" again');
  return 0n;
}

/** Waits until the position has what was bought: it is folded from Kafka, or from the relay, a moment after the order. */
async function positions({ client, script, symbols }: Demo, instrument: Instrument, before: bigint, bought: bigint): Promise<void> {
  const wanted = before + bought;
  let now = await boughtOf(client, instrument.instrumentId);
  for (const endMs = Date.now() + settleMs; now !== wanted && Date.now() < endMs; await sleep(50))
    now = await boughtOf(client, instrument.instrumentId);
  const all = await client.positions.list({ accountId: demoAccountId });
  // The account may hold what this run did not touch.
  const names = new Map(symbols);
  for (const { instrumentId } of all.positions) {
    const { instrument: held } = names.has(instrumentId) ? {} : await client.instruments.get({ instrument: instrumentId });
    if (held !== undefined) names.set(instrumentId, `${held.exchange}:${held.symbol}`);
  }
  script.show(showPositions(all, names));
  const plain = (quantity: bigint) => formatDecimal(quantity as Quantity);
  script.expect(`the position has grown by exactly what was filled: ${plain(bought)}`, now === wanted, `by ${plain(now - before)}`);
}

async function boughtOf(client: SwitchyardClient, instrumentId: string): Promise<bigint> {
  const { positions: all } = await client.positions.list({ accountId: demoAccountId, includeFlat: true });
  return all.filter((one) => one.instrumentId === instrumentId).reduce((sum, one) => sum + Quantity(one.boughtQty), 0n);
}

export async function showLifeOf({ client, script, symbols }: Demo, { orderId, accountId }: OrderState): Promise<void> {
  script.show(showHops(await client.orders.explain({ orderId, accountId }), symbols));
}

/** A day order to buy, for the trading day. */
export function buy(orderQty: string) {
  return { instrument: symbol, side: Side.BUY, timeInForce: TimeInForce.DAY, product: Product.INTRADAY, orderQty };
}

/** A price of so many percent of the last one, on the tick. */
function belowMarket(lastPx: string, { tickSize }: Instrument, percent: bigint): string {
  const price = (Price(lastPx) * percent) / 100n;
  return formatDecimal((price - (price % Price(tickSize))) as Price);
}

export function describe({ ordStatus, cumQty, reason, text, content }: OrderState): string {
  return [`${statusWord(ordStatus)}, ${cumQty} of ${content?.orderQty ?? ''} filled`, reasonWord(reason), text]
    .filter((part) => part !== '')
    .join(', ');
}
