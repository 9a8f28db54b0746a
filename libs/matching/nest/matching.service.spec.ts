import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Reason, Side, StatusCode, type Call } from '@switchyard/contracts';
import { NewOrder, ReplaceOrder, TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { INFY, InProcessVenue } from '@switchyard/matching-core/testing';
import { matchingService } from './matching.service.js';

function callAs(...roles: string[]): Call {
  const principal = { subject: 'test', roles, accounts: {}, expiresAtMs: Infinity };
  return { principal, token: '', deadlineMs: Infinity, traceparent: '', forwarded: false, signal: new AbortController().signal };
}

describe('MatchingService', () => {
  let venue: InProcessVenue;
  const handlers = matchingService({ desk: () => venue.desk, deskWithoutQuotes: () => venue.desk });
  const service = callAs('service');

  beforeEach(async () => {
    venue = new InProcessVenue();
    await venue.start();
    await venue.show(INFY, '6x1 5x1 4x1 3x1 2x1 1x1', '7x1');
  });
  afterEach(() => venue.kill());

  it.each<readonly [string, () => Promise<unknown>]>([
    ['getOrderByTag', () => handlers.getOrderByTag({ sessionId: 's1', tag: 'a', fromSeq: 0 }, callAs('admin'))],
    ['getPosition', () => handlers.getPosition({ brokerAccountId: 'PAPER-1', instrumentId: INFY }, callAs('admin'))],
    ['placeOrder', () => handlers.placeOrder({ sessionId: 's1', order: NewOrder.fromPartial({ tag: 'a' }) }, callAs('admin'))],
    ['cancelOrder', () => handlers.cancelOrder({ sessionId: 's1', cancel: { tag: 'a', targetTag: 'b' } }, callAs('admin'))],
    ['replaceOrder', () => handlers.replaceOrder({ sessionId: 's1', replace: ReplaceOrder.fromPartial({ tag: 'a' }) }, callAs('trader'))],
  ])('%s is for services only', async (_method, ask) => {
    await expect(ask()).rejects.toMatchObject({ code: StatusCode.PERMISSION_DENIED, reason: Reason.PERMISSION_DENIED });
  });

  it.each<readonly [string, () => unknown]>([
    ['trade', () => handlers.trade({} as never, callAs('admin'))],
    ['streamExecutions', () => handlers.streamExecutions({ sessionId: 's1', fromSeq: 1 }, {} as never, callAs('admin'))],
    ['streamDepth', () => handlers.streamDepth({ instrumentId: INFY, levels: 5, byOrder: false }, {} as never, callAs('trader'))],
  ])('the stream of %s is not for everybody', (_method, open) => {
    expect(open).toThrow(expect.objectContaining({ reason: Reason.PERMISSION_DENIED }));
  });

  it('operators may look at a book, cancel orders and set a phase; others but services may not', async () => {
    const which = { brokerAccountId: '', instrumentId: '', side: Side.UNSPECIFIED };
    const asks = (call: Call): (() => Promise<unknown>)[] => [
      () => handlers.getDepth({ instrumentId: INFY, levels: 5 }, call),
      () => handlers.massCancel(which, call),
      () => handlers.setPhase({ instrumentId: INFY, phase: TradingPhase.HALT }, call),
    ];
    for (const call of [service, callAs('admin')]) for (const ask of asks(call)) await expect(ask()).resolves.toBeDefined();
    for (const call of [callAs(), callAs('trader', 'ops')])
      for (const ask of asks(call)) await expect(ask()).rejects.toMatchObject({ code: StatusCode.PERMISSION_DENIED });
  });

  it.each<readonly [field: string, ask: () => Promise<unknown>]>([
    ['order', () => handlers.placeOrder({ sessionId: 's1', order: undefined }, service)],
    ['cancel', () => handlers.cancelOrder({ sessionId: 's1', cancel: undefined }, service)],
    ['replace', () => handlers.replaceOrder({ sessionId: 's1', replace: undefined }, service)],
    ['brokerAccountId', () => handlers.getPosition({ brokerAccountId: '', instrumentId: INFY }, service)],
    ['instrumentId', () => handlers.getPosition({ brokerAccountId: 'PAPER-1', instrumentId: '' }, service)],
    ['sessionId', () => handlers.cancelOrder({ sessionId: '', cancel: { tag: 'a', targetTag: 'b' } }, service)],
  ])('a request without %s is refused, and the field is named', async (field, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      violations: [{ field, reason: Reason.FIELD_REQUIRED }],
    });
  });

  it('a single request carries on the trace of its call', async () => {
    const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
    const { executions } = await handlers.cancelOrder(
      { sessionId: 's1', cancel: { tag: 'a', targetTag: 'b' } },
      { ...service, traceparent },
    );
    expect(executions).toMatchObject([{ tag: 'a', reason: Reason.VENUE_ORDER_UNKNOWN, traceparent }]);
  });

  it('a tag that was never seen is not found, and a position without trades is zero', async () => {
    expect(await handlers.getOrderByTag({ sessionId: 's1', tag: 'a', fromSeq: 0 }, service)).toEqual({
      found: false,
      executions: [],
      lastSeq: 0,
    });
    expect(await handlers.getPosition({ brokerAccountId: 'PAPER-1', instrumentId: INFY }, service)).toEqual({ netQty: '0' });
  });

  it.each([
    [0, 5],
    [1, 1],
    [50, 6],
  ])('asked for %i levels of a side of six, the depth has %i', async (levels, shown) => {
    expect((await handlers.getDepth({ instrumentId: INFY, levels }, service)).bids).toHaveLength(shown);
  });

  it.each([-1, 51])('a depth of %i levels is refused, and the field is named', async (levels) => {
    await expect(handlers.getDepth({ instrumentId: INFY, levels }, service)).rejects.toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      reason: Reason.OUT_OF_RANGE,
      violations: [{ field: 'levels' }],
    });
  });

  it.each<readonly [what: string, ask: () => Promise<unknown>]>([
    ['depth', () => handlers.getDepth({ instrumentId: 'ghost', levels: 5 }, service)],
    ['position', () => handlers.getPosition({ brokerAccountId: 'PAPER-1', instrumentId: 'ghost' }, service)],
  ])('an instrument that is not traded has no %s', async (_what, ask) => {
    await expect(ask()).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.VENUE_INSTRUMENT_UNKNOWN,
      violations: [{ field: 'instrumentId', description: 'the venue does not trade ghost' }],
    });
  });
});
