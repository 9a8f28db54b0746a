// The desk at the start of a life, and when time passes: no order meets what is over.
import { afterEach, describe, expect, it } from '@jest/globals';
import { MATCHING_SERVICE, Side, TimeInForce, type ServiceCalls } from '@switchyard/contracts';
import { type NewOrder, TradingPhase, type MatchingServiceDefinition } from '@switchyard/contracts/gen/matching/v1/service';
import { eventually } from '@switchyard/testkit';
import { follow, placeOrder } from './testing/desk-words.js';
import { InProcessVenue } from './testing/in-process-venue.js';
import { command, INFY, TCS } from './testing/venue-builder.js';

let venue: InProcessVenue;
let calls: ServiceCalls<MatchingServiceDefinition>;

async function start(simulation: ConstructorParameters<typeof InProcessVenue>[0] = {}): Promise<void> {
  venue = new InProcessVenue(simulation);
  await venue.start();
  calls = venue.calls.any(MATCHING_SERVICE);
}

afterEach(() => {
  venue.log.release();
  venue.kill();
});

const until = (condition: () => boolean, what: string): Promise<unknown> => eventually(condition, { what, intervalMs: 1 });

const place = (tag: string, order?: Partial<NewOrder>, sessionId?: string): Promise<string[]> => placeOrder(calls, tag, order, sessionId);

describe('the desk', () => {
  it('what the maker showed before a start is not met after it, unless it is quoted again', async () => {
    await start();
    await place('c', { price: '90' });
    await venue.show(INFY, '99x10', '101x10');
    await venue.show(TCS, '99x10', '101x10');
    venue.kill();
    await venue.start();
    calls = venue.calls.any(MATCHING_SERVICE);
    venue.quote(TCS, '98x10', '102x10');
    expect(await place('a')).toEqual(['a NEW', 'a CANCELED']);
    expect(await place('b', { instrumentId: TCS })).toEqual(['b NEW', 'b 10@102']);
    expect(await calls.getDepth({ instrumentId: INFY, levels: 1 }, {})).toEqual({
      bids: [{ price: '90', qty: '10', orders: 1 }],
      asks: [],
    });
    venue.quote(INFY, '97x10', '103x10');
    expect(await place('d')).toEqual(['d NEW', 'd 10@103']);
  });

  it.each([
    [TradingPhase.HALT, []],
    [TradingPhase.CLOSED, []],
    // Nothing is canceled in an auction: its levels go when orders are taken again.
    [TradingPhase.OPENING_AUCTION, [{ price: '101', qty: '10', orders: 1 }]],
  ])('it goes in every phase that cancels pass in (%s)', async (phase, asks) => {
    await start();
    await venue.show(INFY, '99x10', '101x10');
    await calls.setPhase({ instrumentId: INFY, phase }, {});
    venue.kill();
    await venue.start();
    calls = venue.calls.any(MATCHING_SERVICE);
    venue.desk.simulate([INFY]);
    expect((await venue.desk.whenDurable((it) => it.depth(INFY, 5)))?.asks).toEqual(asks);
    await calls.setPhase({ instrumentId: INFY, phase: TradingPhase.CONTINUOUS }, {});
    expect(await place('a')).toEqual(['a NEW', 'a CANCELED']);
  });

  it.each([
    [undefined, TradingPhase.CONTINUOUS, 1],
    [TradingPhase.CONTINUOUS, TradingPhase.CONTINUOUS, 1],
    [TradingPhase.CLOSED, TradingPhase.CLOSED, 2],
  ])('an instrument that is listed in phase %s begins in it', async (phase, begun, commands) => {
    await start();
    const before = venue.log.length;
    const { command: listing } = command.list('new');
    if (listing?.$case !== 'listInstrument') throw new Error('a listing');
    const listed = venue.desk.list(listing.value, phase);
    const told = place('a', { instrumentId: 'new', price: '100' });
    await listed;
    expect(await told).toEqual(begun === TradingPhase.CLOSED ? ['a REJECTED VENUE_WRONG_PHASE'] : ['a NEW']);
    expect([venue.desk.phaseOf('new'), venue.log.length]).toEqual([begun, before + commands + 1]);
    // One that is traded stays in its phase, whatever its listing says anew.
    await venue.desk.list({ ...listing.value, freezeQty: '1000' }, TradingPhase.HALT);
    expect(venue.desk.phaseOf('new')).toBe(begun);
  });

  it('tells the venue the time only when an order ends at it', async () => {
    await start();
    const times = (): number => venue.log.recorded.filter(({ command }) => command?.$case === 'timePassed').length;
    const tell = async (): Promise<number> => {
      for (let at = 0; at < 3; at++) venue.desk.tellTime();
      return venue.desk.whenDurable(times);
    };
    expect(await tell()).toBe(0);
    await place('a', { price: '100', timeInForce: TimeInForce.GTD, expireAtMs: inOneMinute() });
    const heard = follow(calls.streamExecutions({ sessionId: 's1', fromSeq: 1 }, {}));
    expect(await tell()).toBe(0);
    venue.aheadMs = 60_000;
    expect(await tell()).toBe(1);
    await until(() => heard.words.includes('a EXPIRED'), 'the expiry');
    expect(await tell()).toBe(1);
  });

  it.each([
    ['an order', () => place('b', { side: Side.SELL, price: '100' }), ['b NEW']],
    ['the quote that an order meets', () => (venue.quote(INFY, '90x10', '100x10'), place('b', { orderQty: '4' })), ['b NEW', 'b 4@100']],
    ['a phase', () => calls.setPhase({ instrumentId: INFY, phase: TradingPhase.CONTINUOUS }, {}), undefined],
  ])('%s meets no order whose time has come before it, whoever told the time', async (_fact, act, answer) => {
    await start();
    await place('a', { price: '100', timeInForce: TimeInForce.GTD, expireAtMs: inOneMinute() });
    if (answer === undefined) {
      // Sold into an auction that begins after its time.
      await calls.setPhase({ instrumentId: INFY, phase: TradingPhase.PRE_OPEN }, {});
      await place('b', { side: Side.SELL, price: '100' });
    }
    const heard = follow(calls.streamExecutions({ sessionId: 's1', fromSeq: 1 }, {}));
    venue.aheadMs = 60_000;
    const answered = await act();
    if (answer !== undefined) expect(answered).toEqual(answer);
    await until(() => heard.words.includes('a EXPIRED'), 'the expiry');
    expect(heard.words.filter((said) => said.startsWith('a '))).toEqual(['a NEW', 'a EXPIRED']);
  });

  it('an order meets one that ends a moment later', async () => {
    await start();
    await place('a', { price: '100', timeInForce: TimeInForce.GTD, expireAtMs: inOneMinute() });
    expect(await place('b', { side: Side.SELL, price: '100', orderQty: '10' })).toEqual(['b NEW', 'a 10@100', 'b 10@100']);
  });
});

/** A whole second that is so far away that no slow machine is late for it; `aheadMs` of a minute brings it about. */
function inOneMinute(): number {
  return Math.floor((Date.now() + 60_000) / 1_000) * 1_000;
}
