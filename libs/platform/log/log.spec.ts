import { describe, expect, it } from '@jest/globals';
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { Secret } from '@switchyard/kernel';
import { inTrace } from '../telemetry/index.js';
import { openLog, type LogFormat } from './index.js';

function capture(format: LogFormat) {
  const written: string[] = [];
  return {
    log: openLog({ process: 'order-gateway', level: 'debug', format, destination: { write: (line) => void written.push(line) } }),
    written,
  };
}

const canary = 'canary-7f3a';

describe('the log', () => {
  it('says time, level, process and message as JSON', () => {
    const { log, written } = capture('json');
    log.info({ orderId: '7f-1' }, 'order accepted');
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      level: 'info',
      process: 'order-gateway',
      msg: 'order accepted',
      orderId: '7f-1',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('carries the trace id of the running code, and none outside of a trace', () => {
    const { log, written } = capture('json');
    inTrace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', () => log.info('inside'));
    log.info('outside');
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ trace_id: '0af7651916cd43dd8448eb211c80319c' });
    expect(JSON.parse(written[1] ?? '')).not.toHaveProperty('trace_id');
  });

  it.each(['json', 'pretty'] as const)('never shows a secret (%s)', (format) => {
    const { log, written } = capture(format);
    const secret = new Secret(canary);
    log.info(
      { secret, deep: { list: [secret] }, session: { token: canary }, password: canary, authorization: `Bearer ${canary}` },
      `with ${secret}`,
    );
    log.error({ err: new Error(`failed with ${secret}`) }, 'failed');
    expect(written.length).toBe(2);
    expect(written.join('')).toContain('[secret]');
    expect(written.join('')).not.toContain(canary);
  });

  it.each<readonly [string, Record<string, unknown>]>([
    ['deep in an object', { a: { b: { c: { token: canary } } } }],
    ['in a header of metadata', { metadata: { headers: { authorization: `Bearer ${canary}`, cookie: canary } } }],
    [
      'in the configuration that an error carries',
      { err: Object.assign(new Error('failed'), { config: { token: canary, auth: { password: canary } } }) },
    ],
    ['in a list', { sessions: [{ accessToken: canary }, { refresh_token: canary }] }],
    ['as an API key', { apiKey: canary, broker: { api_key: canary, apiSecret: canary, privateKey: canary } }],
  ])('never shows what a name calls secret: %s', (_where, fields) => {
    for (const format of ['json', 'pretty'] as const) {
      const { log, written } = capture(format);
      log.info(fields, 'said');
      expect(written.join('')).toContain('said');
      expect(written.join('')).not.toContain(canary);
    }
  });

  it('is one readable line on a terminal, with the stack of an error below', () => {
    const { log, written } = capture('pretty');
    log.warn({ shard: '7f', waitMs: 12 }, 'slow');
    log.error({ err: new Error('boom') }, 'failed');
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}order-gateway slow shard=7f waitMs=12\n$/);
    expect(written[1]).toMatch(/ERROR order-gateway failed\nError: boom\n {4}at /);
  });

  it('says once, without a stack, that the database is away, however many tries meet it', () => {
    const { log, written } = capture('json');
    const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    for (let tries = 0; tries < 1_000; tries++) log.warn({ err: away, schema: 'orders' }, 'heartbeat failed');
    log.child({ noun: 'risk' }).warn({ err: away }, 'the journal could not start');
    expect(written.map((line) => JSON.parse(line) as { msg: string })).toMatchObject([
      { msg: 'heartbeat failed', schema: 'orders', reason: 'connect ECONNREFUSED 127.0.0.1:5432' },
      { msg: 'the journal could not start', noun: 'risk' },
    ]);
    expect(written.join('')).not.toContain('    at ');
  });

  it('tells every other error with its stack each time', () => {
    const { log, written } = capture('json');
    for (let tries = 0; tries < 3; tries++) log.warn({ err: new Error('boom') }, 'heartbeat failed');
    expect(written).toHaveLength(3);
    expect(written[2]).toContain('    at ');
  });

  it('has no stack on a terminal where another process refused or is away, and one where it had a defect', () => {
    const { log, written } = capture('pretty');
    const away = new CallError('the quotes are not known yet', {
      code: StatusCode.UNAVAILABLE,
      reason: Reason.NOT_READY,
      cause: new Error('14 UNAVAILABLE: the quotes are not known yet'),
    });
    log.info({ err: away, what: 'the quotes' }, 'a stream ended');
    log.error({ err: new CallError('internal error 7', { code: StatusCode.INTERNAL, reason: Reason.INTERNAL }) }, 'failed');
    expect(written[0]).toMatch(/INFO {2}order-gateway a stream ended: the quotes are not known yet what=the quotes\n$/);
    expect(written[1]).toMatch(/failed\nCallError: internal error 7\n {4}at /);
  });
});
