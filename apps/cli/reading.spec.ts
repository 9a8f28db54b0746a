/** The command line against a gateway that answers as the platform does, over real gRPC: what is read and shown, and the venue. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus } from '@switchyard/contracts';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { FakePlatform, stateOf } from './testing/fake-platform.js';

const platform = FakePlatform.forSpec();
const { run } = platform;

it('switchyard parked lists what is parked at both readers, and replays it', async () => {
  platform.answer = () => ({ parked: [{ reader: 'orders', stream: 's/7f', key: 'A', fromSeq: 4, error: 'so', parkedAtMs: 0 }] });
  expect((await run('parked')).out).toMatch(/(orders +s\/7f +A +4 +1970-01-01T00:00:00.000Z +so\s+){2}/);
  platform.answer = () => ({ applied: 2, ended: true, error: '' });
  expect((await run('parked', 'replay', 'orders', 's/7f', 'A')).out).toBe('applied: 2\nnothing is parked any more\n');
  expect(platform.askedOfVenue).toEqual([{ reader: 'orders', stream: 's/7f', key: 'A' }]);
});
describe('switchyard', () => {
  it('lists orders in columns, figures to the right', async () => {
    platform.answer = () => ({ orders: [stateOf({ ordStatus: OrdStatus.FILLED, cumQty: '10', avgPx: '1499.5', createdAtMs: 1 })] });
    const [heading, row] = (await run('orders')).out.split('\n');
    expect(heading).toMatch(/^time +order +side +instrument +type +status +quantity +price +filled +average +reason$/);
    expect(row).toMatch(/^00:00:00\.001 +\w{24} +BUY +NSE:INFY +LIMIT +FILLED +10 +1500 +10 +1499\.5$/);
  });

  it('gives an empty list to programs', async () => {
    expect(JSON.parse((await run('orders', '--json')).out)).toEqual({ orders: [] });
  });

  it('shows an unknown profit as unknown, never as zero', async () => {
    const position = { instrumentId: 'I5', product: 'INTRADAY', brokerAccountId: 'PAPER-1', netQty: '10', avgPx: '1500' };
    platform.answer = () => ({ positions: [{ ...position, realisedPnl: '0', fees: '6.03', netRealisedPnl: '-6.03' }], stale: true });
    const { out } = await run('positions');
    expect(out).toMatch(/quantity +average +market +realised +fees +net +unrealised/);
    expect(out).toMatch(/NSE:INFY +INTRADAY +PAPER-1 +10 +1500 +unknown +0 +6\.03 +-6\.03 +unknown/);
    expect(out).toContain('may be behind');
  });

  it("tells an order's life on one timeline", async () => {
    const entry = (atMs: number, sinceFormerMs: number, title: string, reason = '') => ({
      atMs,
      sinceFormerMs,
      process: 'order-gateway-0',
      source: `orders/4f#${atMs}`,
      title,
      reason,
      facts: { leavesQty: '10' },
    });
    platform.answer = () => ({
      order: stateOf({ ordStatus: OrdStatus.REJECTED }),
      entries: [entry(100, 0, 'order accepted'), entry(112, 12, 'order rejected', 'BROKER_REJECTED: no')],
    });
    const { out } = await run('explain', 'C-1');
    expect(out).toMatch(/^BUY 10 NSE:INFY LIMIT 1500 DAY: REJECTED$/m);
    expect(out).toMatch(/^ *12 ms +\+12 +order-gateway-0 +order rejected +orders\/4f#112$/m);
    expect(out).toMatch(/^ +BROKER_REJECTED: no {2}leavesQty=10$/m);
  });

  it('signs a token that grants what was asked for', async () => {
    const { out } = await run('token', '--subject', 'me', '--account', 'DEMO', 'DEMO2=viewer', '--role', 'ops');
    const claims = JSON.parse(Buffer.from(out.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ sub: 'me', aud: 'switchyard-sim', roles: ['ops'], accounts: { DEMO: ['trader'], DEMO2: ['viewer'] } });
  });

  it('signs a token of a service, for what only processes of the platform ask', async () => {
    const { out } = await run('token', '--role', 'service');
    expect(JSON.parse(Buffer.from(out.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ roles: ['service'] });
  });
});

describe('switchyard venue', () => {
  const venue = (...args: string[]): ReturnType<FakePlatform['run']> => run('venue', '--venue', platform.address, ...args);

  it('shows a book, bids to the left', async () => {
    platform.answer = () => ({ bids: [{ price: '99', qty: '10', orders: 2 }], asks: [{ price: '101', qty: '5', orders: 1 }] });
    expect((await venue('depth', 'NSE:INFY', '--levels', '3')).out.split('\n')).toEqual([
      'orders  bid qty  bid  ask  ask qty  orders',
      '     2       10   99  101        5       1',
      '',
    ]);
    expect(platform.askedOfVenue).toEqual([{ instrumentId: 'I5', levels: 3 }]);
    platform.answer = () => ({});
    expect((await venue('depth', 'NSE:INFY')).out).toBe('The book is empty.\n');
    expect(JSON.parse((await venue('depth', 'NSE:INFY', '--json')).out)).toEqual({});
  });

  it('sets a phase, and says what an auction came to', async () => {
    platform.answer = () => ({ equilibriumPrice: '100.5', tradesCount: 4 });
    expect((await venue('phase', 'NSE:INFY', 'opening-auction')).out).toBe('NSE:INFY is in OPENING_AUCTION  4 trades at 100.5\n');
    expect(platform.askedOfVenue).toEqual([{ instrumentId: 'I5', phase: TradingPhase.OPENING_AUCTION }]);
    platform.answer = () => ({ equilibriumPrice: '100.5', tradesCount: 1 });
    expect((await venue('phase', 'NSE:INFY', 'opening-auction')).out).toBe('NSE:INFY is in OPENING_AUCTION  1 trade at 100.5\n');
    expect(await venue('phase', 'NSE:INFY', 'lunch')).toMatchObject({ code: 2, err: expect.stringContaining('pre-open, opening-auction') });
  });

  it('cancels what is named, and everything only where that is said', async () => {
    expect((await venue('mass-cancel', '--instrument', 'NSE:INFY', '--side', 'sell')).out).toBe('canceled: 3\n');
    await venue('mass-cancel', '--broker-account', 'PAPER-1');
    await venue('mass-cancel', '--all');
    expect(platform.askedOfVenue).toEqual([
      { brokerAccountId: '', instrumentId: 'I5', side: 2 },
      { brokerAccountId: 'PAPER-1', instrumentId: '', side: 0 },
      { brokerAccountId: '', instrumentId: '', side: 0 },
    ]);
    expect(await venue('mass-cancel')).toMatchObject({ code: 2, err: expect.stringContaining('--all') });
  });
});
