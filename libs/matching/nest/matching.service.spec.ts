import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Reason, StatusCode, type Call } from '@switchyard/contracts';
import { INFY, InProcessVenue } from '@switchyard/matching-core/testing';
import { matchingService } from './matching.service.js';

function callAs(...roles: string[]): Call {
  const principal = { subject: 'test', roles, accounts: {}, expiresAtMs: Infinity };
  return { principal, token: '', deadlineMs: Infinity, traceparent: '', forwarded: false, signal: new AbortController().signal };
}

describe('MatchingService', () => {
  let venue: InProcessVenue;
  const handlers = matchingService(() => venue.desk);
  const service = callAs('service');

  beforeEach(async () => {
    venue = new InProcessVenue();
    await venue.start();
    await venue.show(INFY, '6x1 5x1 4x1 3x1 2x1 1x1', '7x1');
  });
  afterEach(() => venue.kill());

  it.each<readonly [string, () => Promise<unknown>]>([
    ['getOrderByTag', () => handlers.getOrderByTag({ sessionId: 's1', tag: 'a' }, callAs('admin'))],
    ['getPosition', () => handlers.getPosition({ brokerAccountId: 'PAPER-1', instrumentId: INFY }, callAs('admin'))],
    ['getDepth', () => handlers.getDepth({ instrumentId: INFY, levels: 5 }, callAs())],
  ])('%s is for services only', async (_method, ask) => {
    await expect(ask()).rejects.toMatchObject({ code: StatusCode.PERMISSION_DENIED, reason: Reason.PERMISSION_DENIED });
  });

  it('trade is for services only', () => {
    expect(() => handlers.trade({} as never, callAs('trader'))).toThrow(expect.objectContaining({ reason: Reason.PERMISSION_DENIED }));
  });

  it('a tag that was never seen is not found, and a position without trades is zero', async () => {
    expect(await handlers.getOrderByTag({ sessionId: 's1', tag: 'a' }, service)).toEqual({ found: false, executions: [] });
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

  it('an instrument that is not traded has no depth', async () => {
    await expect(handlers.getDepth({ instrumentId: 'ghost', levels: 5 }, service)).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.VENUE_INSTRUMENT_UNKNOWN,
    });
  });
});
