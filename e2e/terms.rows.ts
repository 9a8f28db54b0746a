/** Orders of every type and term that the paper venue takes, from the app to the venue and back. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MATCHING_SERVICE, OrdStatus, OrdType, Reason, SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { GetDepthRequest, GetDepthResponse } from '@switchyard/contracts/gen/matching/v1/depth';
import { SetPhaseRequest, SetPhaseResponse, TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { formatDecimal } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { RawGrpc } from './raw-grpc.js';
import { type Content, Desk, type GetWorld, limit, type Market, market, marketOf, priceAwayFromBid, scaled } from './world.js';

/** An operator of the venue. */
class Operator {
  readonly #grpc: RawGrpc;
  readonly #token: string;

  constructor({ platform }: ReturnType<GetWorld>) {
    const [venue] = platform.running('matching-engine');
    if (venue === undefined) throw new Error('nobody runs the venue');
    this.#grpc = new RawGrpc(venue.address);
    this.#token = platform.token({ subject: 'operator', roles: ['admin'] });
  }

  async setPhase(instrumentId: string, phase: TradingPhase): Promise<SetPhaseResponse> {
    const request = SetPhaseRequest.encode({ instrumentId, phase }).finish();
    return SetPhaseResponse.decode(await this.#ask('SetPhase', request));
  }

  async depth(instrumentId: string): Promise<GetDepthResponse> {
    const request = GetDepthRequest.encode({ instrumentId, levels: 50 }).finish();
    return GetDepthResponse.decode(await this.#ask('GetDepth', request));
  }

  /** What the venue says to somebody else. */
  async refusal(token: string): Promise<string> {
    const request = SetPhaseRequest.encode({ instrumentId: 'x', phase: TradingPhase.HALT }).finish();
    const answer = await this.#grpc.unary(MATCHING_SERVICE, 'SetPhase', request, { token, deadlineMs: 10_000 });
    return 'bytes' in answer ? 'an answer' : answer.code;
  }

  close(): void {
    this.#grpc.close();
  }

  async #ask(method: string, request: Uint8Array): Promise<Buffer> {
    const answer = await this.#grpc.unary(MATCHING_SERVICE, method, request, { token: this.#token, deadlineMs: 10_000 });
    if ('bytes' in answer) return answer.bytes;
    throw new Error(`${method}: ${answer.code} ${answer.sentence}`);
  }
}

/** More than the maker shows down to a price that is a percent away. */
function sweepOf({ bidDepth }: Market): string {
  return formatDecimal(bidDepth * 6n + scaled('1000'));
}

export function describeTerms(world: GetWorld): void {
  describe('orders of every type and term', () => {
    let desk: Desk;
    /** Trades against it. */
    let counter: Desk;
    let operator: Operator;
    beforeAll(async () => {
      desk = await Desk.open(world(), 'TERMS');
      counter = await Desk.open(world(), 'TERMS2');
      operator = new Operator(world());
      const limits = { orderQtyMax: '1000000', orderValueMax: '1000000000' };
      await world().client.risk.setLimits({
        accountId: counter.accountId,
        limits,
        text: 'orders that are larger than what the maker shows',
      });
    });
    afterAll(() => operator.close());

    const fillsOf = async (orderId: string): Promise<{ lastQty: bigint; lastPx: bigint; fees: string[] }[]> =>
      (await desk.events()).flatMap(({ event }) =>
        event?.$case === 'tradeBooked' && event.value.orderId === orderId
          ? [
              {
                lastQty: scaled(event.value.lastQty),
                lastPx: scaled(event.value.lastPx),
                fees: event.value.fees.map(({ name }) => name),
              },
            ]
          : [],
      );

    it('a stop waits until the market trades beyond it, and is filled then', async () => {
      const symbol = 'NSE:NTPC'; // Nobody trades it before: the venue has no last price of it.
      const now = await marketOf(world().client, symbol);
      const content: Content = { ...market(symbol, Side.BUY, '5'), ordType: OrdType.STOP, stopPx: priceAwayFromBid(now, -2) };
      const stop = await desk.placed(content, OrdStatus.NEW);
      await desk.placed(market(symbol, Side.BUY, '1'), OrdStatus.FILLED);
      const filled = await desk.until(stop.orderId, OrdStatus.FILLED);
      expect(filled).toMatchObject({ cumQty: '5', leavesQty: '0', content: { ordType: OrdType.MARKET } });
      expect((await fillsOf(stop.orderId))[0]?.fees).toEqual(expect.arrayContaining(['STT', 'NSE', 'STAMP_DUTY', 'GST']));
    });

    it('a stop-limit order becomes a limit order: it is filled within its price, or rests at it', async () => {
      const symbol = 'NSE:COALINDIA';
      const now = await marketOf(world().client, symbol);
      const stopLimit = (percent: number): Content => ({
        ...limit(symbol, Side.BUY, '5', priceAwayFromBid(now, percent)),
        ordType: OrdType.STOP_LIMIT,
        stopPx: priceAwayFromBid(now, -2),
      });
      const [high, low] = [await desk.placed(stopLimit(1), OrdStatus.NEW), await desk.placed(stopLimit(-1), OrdStatus.NEW)];
      expect(low.content).toMatchObject({ ordType: OrdType.STOP_LIMIT });
      await desk.placed(market(symbol, Side.BUY, '1'), OrdStatus.FILLED);
      expect(await desk.until(high.orderId, OrdStatus.FILLED)).toMatchObject({ cumQty: '5', content: { ordType: OrdType.LIMIT } });
      const triggered = async () => {
        const now = await desk.order(low.orderId);
        expect(now).toMatchObject({ ordStatus: OrdStatus.NEW, content: { ordType: OrdType.LIMIT } });
        return now;
      };
      await eventually(triggered, { what: 'the stop that rests at its price is triggered', timeoutMs: 30_000 });
      await world().client.orders.cancel({ accountId: desk.accountId, orderId: low.orderId });
      await desk.until(low.orderId, OrdStatus.CANCELED);
    });

    it('a market-to-limit order takes the best price, and what is left rests at it', async () => {
      const symbol = 'NSE:DRREDDY';
      const sweep = sweepOf(await marketOf(world().client, symbol));
      const { order } = await counter.place({ ...market(symbol, Side.SELL, sweep), ordType: OrdType.MARKET_TO_LIMIT });
      const orderId = order?.orderId ?? '';
      const resting = async () => {
        const now = await counter.order(orderId);
        expect(now).toMatchObject({ content: { ordType: OrdType.LIMIT } });
        return now;
      };
      const { content } = await eventually(resting, { what: 'the rest of the order has a price', timeoutMs: 30_000 });
      const prices = (await counter.events()).flatMap(({ event }) =>
        event?.$case === 'tradeBooked' && event.value.orderId === orderId ? [scaled(event.value.lastPx)] : [],
      );
      expect(prices.length).toBeGreaterThan(0);
      expect(prices).toEqual(prices.map(() => scaled(content?.price ?? '')));
      // It may have met later buyers at its price by now.
      await world().client.orders.cancelAll({ accountId: counter.accountId, clOrdId: 'terms-to-limit' });
      await counter.ended(orderId);
    });

    it.each([
      { mode: 'CANCEL_NEWEST', symbol: 'NSE:HCLTECH', restingEnds: false, reason: Reason.VENUE_SELF_TRADE },
      { mode: 'CANCEL_OLDEST', symbol: 'NSE:TECHM', restingEnds: true, reason: Reason.VENUE_NO_LIQUIDITY },
      { mode: 'CANCEL_BOTH', symbol: 'NSE:CIPLA', restingEnds: true, reason: Reason.VENUE_SELF_TRADE },
      { mode: 'DECREMENT', symbol: 'NSE:GRASIM', restingEnds: true, reason: Reason.VENUE_NO_LIQUIDITY },
    ] as const)('an account does not trade with itself ($mode): its own order is met, and not traded with', async (row) => {
      const { mode, symbol, restingEnds, reason } = row;
      const now = await marketOf(world().client, symbol);
      const [price, sweep] = [priceAwayFromBid(now, -1), sweepOf(now)];
      const resting = await counter.placed(limit(symbol, Side.BUY, '10', price), OrdStatus.NEW);
      const selfTradePrevention = SelfTradePrevention[mode];
      const incoming = { ...limit(symbol, Side.SELL, sweep, price), timeInForce: TimeInForce.IOC, selfTradePrevention };
      const orderQty = mode === 'DECREMENT' ? formatDecimal(scaled(sweep) - scaled('10')) : sweep;
      expect(await counter.placed(incoming, OrdStatus.CANCELED)).toMatchObject({ reason, content: { orderQty } });
      const met = await counter.until(resting.orderId, restingEnds ? OrdStatus.CANCELED : OrdStatus.NEW);
      expect(met).toMatchObject({ cumQty: '0', reason: restingEnds ? Reason.VENUE_SELF_TRADE : Reason.UNSPECIFIED });
      await world().client.orders.cancelAll({ accountId: counter.accountId, clOrdId: `terms-own-${mode}` });
    });

    it('an iceberg shows its slice and trades whole, a slice at a time', async () => {
      const symbol = 'NSE:POWERGRID';
      const now = await marketOf(world().client, symbol);
      const price = priceAwayFromBid(now, -1);
      const iceberg = await desk.placed({ ...limit(symbol, Side.BUY, '40', price), displayQty: '10' }, OrdStatus.NEW);
      const { bids } = await operator.depth(now.instrumentId);
      expect(bids.find((level) => scaled(level.price) === scaled(price))).toMatchObject({ qty: '10', orders: 1 });
      // What the maker does not take meets the iceberg.
      const { order: swept } = await counter.place(limit(symbol, Side.SELL, sweepOf(now), price));
      await desk.until(iceberg.orderId, OrdStatus.FILLED);
      const fills = await fillsOf(iceberg.orderId);
      expect(fills.map(({ lastQty, lastPx }) => [lastQty, lastPx])).toEqual(Array.from({ length: 4 }, () => [scaled('10'), scaled(price)]));
      await world().client.orders.cancel({ accountId: counter.accountId, orderId: swept?.orderId ?? '' });
    });

    it('a fill-or-kill order is filled whole at once, or canceled without a fill', async () => {
      const symbol = 'NSE:WIPRO';
      const now = await marketOf(world().client, symbol);
      const fillOrKill = (content: Content): Content => ({ ...content, timeInForce: TimeInForce.FOK });
      const filled = await desk.placed(fillOrKill(limit(symbol, Side.BUY, '5', priceAwayFromBid(now, 2))), OrdStatus.FILLED);
      expect(filled).toMatchObject({ cumQty: '5', leavesQty: '0' });
      const tooLarge = fillOrKill(limit(symbol, Side.SELL, sweepOf(now), priceAwayFromBid(now, -1)));
      const canceled = await counter.placed(tooLarge, OrdStatus.CANCELED);
      expect(canceled).toMatchObject({ cumQty: '0', leavesQty: '0', reason: Reason.VENUE_FOK_UNFILLABLE });
    });

    it('an order until it is canceled rests, and is canceled', async () => {
      const symbol = 'NSE:WIPRO';
      const price = priceAwayFromBid(await marketOf(world().client, symbol), -2);
      const content: Content = { ...limit(symbol, Side.BUY, '10', price), timeInForce: TimeInForce.GTC };
      const resting = await desk.placed(content, OrdStatus.NEW);
      expect(resting).toMatchObject({ leavesQty: '10', content: { timeInForce: TimeInForce.GTC } });
      await world().client.orders.cancel({ accountId: desk.accountId, orderId: resting.orderId });
      expect(await desk.until(resting.orderId, OrdStatus.CANCELED)).toMatchObject({ cumQty: '0', leavesQty: '0' });
    });

    it('an order until a second expires then', async () => {
      const symbol = 'NSE:WIPRO';
      const price = priceAwayFromBid(await marketOf(world().client, symbol), -2);
      const expireAtMs = (Math.floor(Date.now() / 1_000) + 3) * 1_000;
      const content: Content = { ...limit(symbol, Side.BUY, '10', price), timeInForce: TimeInForce.GTD, expireAtMs };
      const { order } = await desk.place(content);
      expect(await desk.until(order?.orderId ?? '', OrdStatus.EXPIRED)).toMatchObject({ cumQty: '0', leavesQty: '0' });
      expect(Date.now()).toBeGreaterThanOrEqual(expireAtMs);
    });

    it('a post-only order that would trade is refused by the venue; one that would not rests', async () => {
      const symbol = 'NSE:WIPRO';
      const now = await marketOf(world().client, symbol);
      const postOnly = (percent: number): Content => ({
        ...limit(symbol, Side.BUY, '10', priceAwayFromBid(now, percent)),
        postOnly: true,
      });
      expect(await desk.placed(postOnly(1), OrdStatus.REJECTED)).toMatchObject({ reason: Reason.VENUE_POST_ONLY });
      const resting = await desk.placed(postOnly(-2), OrdStatus.NEW);
      await world().client.orders.cancel({ accountId: desk.accountId, orderId: resting.orderId });
      await desk.until(resting.orderId, OrdStatus.CANCELED);
    });

    it('a market order goes as far from the best price as its protection, and no further', async () => {
      const symbol = 'NSE:TITAN';
      const now = await marketOf(world().client, symbol);
      const { order } = await counter.place({ ...market(symbol, Side.SELL, sweepOf(now)), marketProtection: '0.01' });
      const ended = await counter.until(order?.orderId ?? '', OrdStatus.CANCELED);
      expect(ended).toMatchObject({ reason: Reason.VENUE_PRICE_PROTECTION });
      const prices = (await counter.events()).flatMap(({ event }) =>
        event?.$case === 'tradeBooked' && event.value.orderId === ended.orderId ? [scaled(event.value.lastPx)] : [],
      );
      expect(prices.length).toBeGreaterThan(0);
      const best = prices[0] ?? 0n;
      for (const price of prices) expect(price * 10_000n >= best * 9_999n).toBe(true);
    });

    it('an order for the opening trades in its auction or ends with it; only an operator sets a phase', async () => {
      const symbol = 'NSE:NESTLEIND';
      const now = await marketOf(world().client, symbol);
      const { instrumentId } = now;
      expect(await operator.refusal(world().platform.token({ subject: 'app', accounts: { TERMS: ['trader'] } }))).toBe('PERMISSION_DENIED');
      const atOpen = (percent: number): Content => ({
        ...limit(symbol, Side.BUY, '5', priceAwayFromBid(now, percent)),
        timeInForce: TimeInForce.AT_OPEN,
      });
      await operator.setPhase(instrumentId, TradingPhase.PRE_OPEN);
      const [high, low] = [await desk.placed(atOpen(2), OrdStatus.NEW), await desk.placed(atOpen(-4), OrdStatus.NEW)];
      expect(await desk.placed({ ...market(symbol, Side.BUY, '1'), timeInForce: TimeInForce.IOC }, OrdStatus.REJECTED)).toMatchObject({
        reason: Reason.VENUE_WRONG_PHASE,
      });
      const { equilibriumPrice, tradesCount } = await operator.setPhase(instrumentId, TradingPhase.OPENING_AUCTION);
      expect(tradesCount).toBeGreaterThan(0);
      await desk.until(high.orderId, OrdStatus.FILLED);
      expect((await fillsOf(high.orderId)).map(({ lastPx }) => lastPx)).toContain(scaled(equilibriumPrice));
      expect(await desk.until(low.orderId, OrdStatus.EXPIRED)).toMatchObject({ reason: Reason.VENUE_AUCTION_ENDED });
      await operator.setPhase(instrumentId, TradingPhase.CONTINUOUS);
      await desk.placed(market(symbol, Side.BUY, '1'), OrdStatus.FILLED);
    });

    it('orders for the close wait for its auction, and trade in it at its price or end with it', async () => {
      const symbol = 'NSE:HINDALCO';
      const now = await marketOf(world().client, symbol);
      const atClose = (content: Content): Promise<OrderState> =>
        desk.placed({ ...content, timeInForce: TimeInForce.AT_CLOSE }, OrdStatus.NEW);
      await desk.placed(market(symbol, Side.BUY, '1'), OrdStatus.FILLED);
      const high = await atClose(limit(symbol, Side.BUY, '5', priceAwayFromBid(now, 2)));
      const low = await atClose(limit(symbol, Side.BUY, '5', priceAwayFromBid(now, -4)));
      const atMarket = await atClose(market(symbol, Side.BUY, '5'));
      await operator.setPhase(now.instrumentId, TradingPhase.CLOSING_AUCTION);
      expect((await desk.order(high.orderId)).cumQty).toBe('0');
      const { equilibriumPrice, tradesCount } = await operator.setPhase(now.instrumentId, TradingPhase.CLOSED);
      expect(tradesCount).toBeGreaterThan(0);
      for (const { orderId } of [high, atMarket]) {
        await desk.until(orderId, OrdStatus.FILLED);
        for (const { lastPx } of await fillsOf(orderId)) expect(lastPx).toBe(scaled(equilibriumPrice));
      }
      expect(await desk.until(low.orderId, OrdStatus.EXPIRED)).toMatchObject({ reason: Reason.VENUE_AUCTION_ENDED });
      await operator.setPhase(now.instrumentId, TradingPhase.CONTINUOUS);
    });
  });
}
