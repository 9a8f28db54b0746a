import { describe, expect, it } from '@jest/globals';
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type IncomingMessage } from 'node:http';
import { callOptionsOf, problemOf } from './index.js';

describe('a refusal over REST', () => {
  it('is problem+json with the code, reason and wrong fields of gRPC', () => {
    const error = new CallError('the price is off the tick', {
      code: StatusCode.INVALID_ARGUMENT,
      reason: Reason.PRICE_OFF_TICK,
      violations: [{ field: 'content.price', description: 'must be a multiple of 0.05', reason: Reason.PRICE_OFF_TICK }],
      metadata: { tick: '0.05' },
      retryAfterMs: 10,
    });
    expect(problemOf(error)).toEqual({
      type: 'urn:switchyard:reason:PRICE_OFF_TICK',
      title: 'price off tick',
      status: 400,
      detail: 'the price is off the tick',
      code: 'INVALID_ARGUMENT',
      reason: 'PRICE_OFF_TICK',
      violations: [{ field: 'content.price', description: 'must be a multiple of 0.05', reason: 'PRICE_OFF_TICK' }],
      metadata: { tick: '0.05' },
      retryAfterMs: 10,
    });
  });

  it.each([
    [StatusCode.UNAUTHENTICATED, Reason.TOKEN_EXPIRED, 401],
    [StatusCode.PERMISSION_DENIED, Reason.PERMISSION_DENIED, 403],
    [StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN, 404],
    [StatusCode.ALREADY_EXISTS, Reason.CL_ORD_ID_REUSED, 409],
    [StatusCode.RESOURCE_EXHAUSTED, Reason.NO_CREDIT, 429],
    [StatusCode.RESOURCE_EXHAUSTED, Reason.REQUEST_TOO_LARGE, 413],
    [StatusCode.INTERNAL, Reason.INTERNAL, 500],
    [StatusCode.UNAVAILABLE, Reason.UNKNOWN_RETRY_SAME_ID, 503],
    [StatusCode.DEADLINE_EXCEEDED, Reason.DEADLINE_EXCEEDED, 504],
  ])('%s with reason %s has HTTP status %s', (code, reason, status) => {
    expect(problemOf(new CallError('', { code, reason })).status).toBe(status);
  });
});

describe('a REST request as a call', () => {
  const options = (headers: Record<string, string>) => callOptionsOf({ headers } as unknown as IncomingMessage);

  it('carries token, deadline and trace', () => {
    expect(options({ authorization: 'Bearer abc', 'x-timeout-ms': '250', traceparent: '00-a-b-01' })).toEqual({
      token: 'abc',
      timeoutMs: 250,
      traceparent: '00-a-b-01',
    });
  });

  it('has a deadline of 10 s by itself, and never the token of this process', () => {
    expect(options({})).toEqual({ token: '', timeoutMs: 10_000, traceparent: '' });
    expect(options({ authorization: 'Basic abc' })).toMatchObject({ token: '', timeoutMs: 10_000 });
  });

  it.each(['Bearer abc', 'bearer abc', 'BEARER  abc'])('has its token whatever the case of the scheme: %s', (authorization) => {
    expect(options({ authorization }).token).toBe('abc');
  });

  it.each([
    ['abc', Reason.FIELD_MALFORMED],
    ['', Reason.FIELD_MALFORMED],
    ['1.5', Reason.FIELD_MALFORMED],
    ['-1', Reason.FIELD_MALFORMED],
    ['0', Reason.OUT_OF_RANGE],
    ['000', Reason.OUT_OF_RANGE],
  ])('with the deadline "%s" is refused with the field and the rule', (header, reason) => {
    const description = 'the header must be whole milliseconds, 1 or more, or left out';
    expect(() => options({ 'x-timeout-ms': header })).toThrow(
      expect.objectContaining({
        code: StatusCode.INVALID_ARGUMENT,
        reason,
        violations: [{ field: 'x-timeout-ms', description, reason }],
      }),
    );
  });

  it.each(['30000', '30001', '99999999', '9'.repeat(400)])('with the deadline "%s" has the 30 s that a call may take', (header) => {
    expect(options({ 'x-timeout-ms': header }).timeoutMs).toBe(30_000);
  });
});
