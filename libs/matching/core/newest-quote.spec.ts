// What meets the market meets the newest quote: new orders, replaces, and stops that the quote itself triggers.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MATCHING_SERVICE, OrdType, Side, TimeInForce } from '@switchyard/contracts';
import { ExecutionKind, NewOrder, type Execution, type VenueCommand } from '@switchyard/contracts/gen/matching/v1/service';
import { eventually } from '@switchyard/testkit';
import { InProcessVenue } from './testing/in-process-venue.js';
import { INFY } from './testing/venue-builder.js';

let venue: InProcessVenue;
let executions: Execution[];
let send: (command: VenueCommand['command']) => void;

beforeEach(async () => {
  venue = new InProcessVenue();
  await venue.start();
  executions = [];
  let isLoggedOn = false;
  const stream = venue.calls.any(MATCHING_SERVICE).trade({});
  stream.onMessage((message) => {
    isLoggedOn ||= message.loggedOn;
    executions.push(...message.executions);
  });
  send = (command) => void stream.send({ commands: [{ command, traceparent: '' }] });
  send({ $case: 'logon', value: { sessionId: 's1', fromSeq: 1 } });
  await eventually(() => isLoggedOn, { what: 'logon', intervalMs: 1 });
  quote('1500x100', '1501x100');
  venue.refresh();
});
afterEach(() => venue.kill());

const quote = (bids: string, asks: string): void => venue.quote(INFY, bids, asks);

async function place(order: Partial<NewOrder>): Promise<void> {
  const before = executions.length;
  const base = { brokerAccountId: 'PAPER-1', instrumentId: INFY, ordType: OrdType.LIMIT, timeInForce: TimeInForce.DAY };
  send({ $case: 'newOrder', value: NewOrder.fromPartial({ ...base, ...order }) });
  await eventually(() => executions.length > before, { what: 'the answer', intervalMs: 1 });
}

/** What an order did, up to its trade or its end without one. */
async function doneBy(tag: string): Promise<string[]> {
  const of = (): Execution[] => executions.filter((execution) => execution.tag === tag);
  await eventually(() => of().some(({ kind }) => kind === ExecutionKind.TRADE || kind === ExecutionKind.CANCELED), {
    what: 'the end',
    intervalMs: 1,
  });
  return of().map(({ kind, lastQty, lastPx }) => `${ExecutionKind[kind]}${lastQty === '' ? '' : ` ${lastQty}@${lastPx}`}`);
}

describe('the newest quote', () => {
  it('is what a replace meets', async () => {
    await place({ tag: 'a', side: Side.BUY, orderQty: '10', price: '1490' });
    quote('1510x100', '1511x100');
    send({ $case: 'replace', value: { tag: 'b', targetTag: 'a', orderQty: '10', price: '1505', stopPx: '' } });
    await eventually(() => executions.some(({ kind }) => kind === ExecutionKind.REPLACED), { what: 'the replace', intervalMs: 1 });
    await place({ tag: 'c', brokerAccountId: 'PAPER-2', side: Side.BUY, orderQty: '1', price: '1504' });
    expect(executions.filter(({ kind }) => kind === ExecutionKind.TRADE)).toEqual([]);
  });

  it.each([
    [
      'a stop to buy',
      { side: Side.SELL, price: '1505' },
      { side: Side.BUY, ordType: OrdType.STOP, stopPx: '1503' },
      '1510x100',
      '1511x100',
      '5@1511',
    ],
    [
      'a stop to sell',
      { side: Side.BUY, price: '1495' },
      { side: Side.SELL, ordType: OrdType.STOP, stopPx: '1497' },
      '1489x100',
      '1490x100',
      '5@1489',
    ],
    [
      'a stop-limit',
      { side: Side.SELL, price: '1505' },
      { side: Side.BUY, ordType: OrdType.STOP_LIMIT, stopPx: '1503', price: '1515' },
      '1510x100',
      '1511x100',
      '5@1511',
    ],
  ] as const)('is what %s meets that it triggers', async (_, resting, stop, bids, asks, fill) => {
    await place({ tag: 'rest', orderQty: '10', ...resting });
    await place({ tag: 'far', orderQty: '10', side: Side.SELL, price: '1540' });
    await place({ tag: 'stop', brokerAccountId: 'PAPER-2', orderQty: '5', ...stop });
    quote(bids, asks);
    venue.refresh();
    expect((await doneBy('stop')).slice(1)).toEqual([expect.stringContaining('TRIGGERED'), `TRADE ${fill}`]);
  });
});
