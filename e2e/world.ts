/** What the rows of the suite act on: a running platform, and desks, which are accounts with a session at the paper venue. */
import { type OrderContent, OrdStatus, OrdType, Product, Side, TimeInForce } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { type SwitchyardClient } from '@switchyard/client';
import { formatDecimal, parseDecimal } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { type Platform } from './platform.js';

export interface World {
  readonly mode: 'standalone' | 'cluster' | 'hybrid';
  readonly platform: Platform;
  /** May everything, at every gateway. */
  readonly client: SwitchyardClient;
  /** The same at one gateway each. */
  readonly atGateway: readonly SwitchyardClient[];
}

export type GetWorld = () => World;
export type Content = Partial<OrderContent>;

export const openingCash = '10000000';
/** What a fill takes at most on a machine that is busy with other things. */
const patienceMs = 30_000;

/** An instrument as it is quoted now. Prices are scaled by 1e9. */
export interface Market {
  readonly instrumentId: string;
  readonly tick: bigint;
  readonly bid: bigint;
  readonly ask: bigint;
  /** Shares that the quote shows on the side of the bids. */
  readonly bidDepth: bigint;
}

/** A decimal as a scaled bigint. Throws for anything else. */
export function scaled(text: string): bigint {
  const parsed = parseDecimal(text);
  if (!parsed.ok) throw new Error(`"${text}" is no decimal: ${parsed.error.rule}`);
  return parsed.value;
}

export async function marketOf(client: SwitchyardClient, symbol: string): Promise<Market> {
  const { instrument } = await client.instruments.get({ instrument: symbol });
  if (instrument === undefined) throw new Error(`there is no ${symbol}`);
  const { quotes } = await client.quotes.get({ instrumentIds: [instrument.instrumentId] });
  const [bids, asks] = [quotes[0]?.bids ?? [], quotes[0]?.asks ?? []];
  if (bids[0] === undefined || asks[0] === undefined) throw new Error(`${symbol} is not quoted`);
  return {
    instrumentId: instrument.instrumentId,
    tick: scaled(instrument.tickSize),
    bid: scaled(bids[0].price),
    ask: scaled(asks[0].price),
    bidDepth: bids.reduce((sum, { qty }) => sum + scaled(qty), 0n),
  };
}

/** A price so many percent away from the bid (below where negative), on the tick. */
export function priceAwayFromBid({ bid, tick }: Market, percent: number): string {
  const price = (bid * BigInt(100 + percent)) / 100n;
  return formatDecimal(price - (price % tick));
}

export function market(instrument: string, side: Side, orderQty: string): Content {
  return { instrument, side, ordType: OrdType.MARKET, timeInForce: TimeInForce.DAY, product: Product.DELIVERY, orderQty };
}

export function limit(instrument: string, side: Side, orderQty: string, price: string): Content {
  return { ...market(instrument, side, orderQty), ordType: OrdType.LIMIT, price };
}

export interface DeskOptions {
  /** Accounts of one group are in one shard. The account's own by default. */
  readonly riskGroupId?: string;
  /** A session that is open already, and the broker account that it serves. Its own by default. */
  readonly route?: { readonly brokerAccountId: string; readonly sessionId: string };
}

export class Desk {
  constructor(
    readonly accountId: string,
    private readonly client: SwitchyardClient,
  ) {}

  /** Opens account, session and cash. */
  static async open(
    { client }: Pick<World, 'client'>,
    accountId: string,
    { riskGroupId = accountId, route }: DeskOptions = {},
  ): Promise<Desk> {
    const own = { brokerAccountId: `PAPER-${accountId}`, sessionId: `paper-${accountId.toLowerCase()}` };
    if (route === undefined)
      await client.sessions.put({ sessionId: own.sessionId, broker: 'paper', brokerAccountIds: [own.brokerAccountId] });
    await client.accounts.put({ accountId, name: accountId, baseCurrency: 'INR', riskGroupId, routes: [route ?? own] });
    await client.accounts.adjustCash({ accountId, adjustmentId: 'opening', currency: 'INR', amount: openingCash, text: 'opening cash' });
    return new Desk(accountId, client);
  }

  /** The same desk as another client sees it. */
  as(client: SwitchyardClient): Desk {
    return new Desk(this.accountId, client);
  }

  place(content: Content, clOrdId?: string) {
    return this.client.orders.place({ accountId: this.accountId, content, ...(clOrdId !== undefined && { clOrdId }) });
  }

  /** Places, and waits until the order is in the status. */
  async placed(content: Content, status: OrdStatus): Promise<OrderState> {
    const { order } = await this.place(content);
    return this.until(order?.orderId ?? '', status);
  }

  async order(orderId: string): Promise<OrderState> {
    const { order } = await this.client.orders.get({ accountId: this.accountId, orderId });
    if (order === undefined) throw new Error(`there is no order ${orderId}`);
    return order;
  }

  until(orderId: string, status: OrdStatus): Promise<OrderState> {
    const check = async () => {
      const order = await this.order(orderId);
      if (order.ordStatus !== status) throw new Error(`it is ${OrdStatus[order.ordStatus]}: ${order.text}`);
      return order;
    };
    return eventually(check, { what: `order ${orderId} is ${OrdStatus[status]}`, timeoutMs: patienceMs });
  }

  /** The order once it has come to its end. */
  ended(orderId: string): Promise<OrderState> {
    const check = async () => {
      const order = await this.order(orderId);
      if (order.leavesQty !== '0' || order.inDoubt || order.ordStatus === OrdStatus.PENDING_NEW)
        throw new Error(`it is ${OrdStatus[order.ordStatus]}: ${order.text}`);
      return order;
    };
    return eventually(check, { what: `the end of order ${orderId}`, timeoutMs: 60_000 });
  }

  /** Every fact of the account so far, after the cursor. */
  async events(accountSeq = 0): Promise<OrderEvent[]> {
    const events: OrderEvent[] = [];
    const stop = new AbortController();
    const following = this.client.orders.follow([{ accountId: this.accountId, accountSeq }], {
      signal: stop.signal,
      onLive: () => stop.abort(),
    });
    for await (const event of following) events.push(event);
    return events;
  }

  /** The orders that the list has, all pages. */
  async orders(): Promise<OrderState[]> {
    const all: OrderState[] = [];
    for (let pageToken = ''; ;) {
      const { orders, nextPageToken } = await this.client.orders.list({ accountId: this.accountId, pageSize: 200, pageToken });
      all.push(...orders);
      if (nextPageToken === '') return all;
      pageToken = nextPageToken;
    }
  }

  /** The positions once position-tracker has folded everything that is in the account's journal now. */
  async positions() {
    const { account } = await this.client.accounts.get({ accountId: this.accountId });
    const check = async () => {
      const answer = await this.client.positions.list({ accountId: this.accountId, includeFlat: true });
      if (answer.accountSeq < (account?.accountSeq ?? 0)) throw new Error(`folded ${answer.accountSeq} of ${account?.accountSeq}`);
      return answer;
    };
    return eventually(check, { what: `positions of ${this.accountId} are up to date`, timeoutMs: 60_000, intervalMs: 50 });
  }
}

/** What trades come to. Quantities and fees are scaled by 1e9, amounts by 1e18. */
export function sumsOf(events: readonly OrderEvent[]) {
  const sums = { boughtQty: 0n, soldQty: 0n, bought: 0n, sold: 0n, fees: 0n };
  for (const { event } of events) {
    if (event?.$case !== 'tradeBooked') continue;
    const { side, lastQty, lastPx, fees } = event.value;
    const amount = scaled(lastQty) * scaled(lastPx);
    sums.fees = fees.reduce((sum, fee) => sum + scaled(fee.amount), sums.fees);
    if (side === Side.BUY) [sums.boughtQty, sums.bought] = [sums.boughtQty + scaled(lastQty), sums.bought + amount];
    else [sums.soldQty, sums.sold] = [sums.soldQty + scaled(lastQty), sums.sold + amount];
  }
  return sums;
}
