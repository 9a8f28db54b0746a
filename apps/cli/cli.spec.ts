/** The command line against a gateway that answers as the platform does, over real gRPC: placing, and what goes wrong. */
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CallError, OrdStatus, Reason, StatusCode } from '@switchyard/contracts';
import { runProgram } from './program.js';
import { FakePlatform, orderId, stateOf } from './testing/fake-platform.js';

const platform = FakePlatform.forSpec();
const { run } = platform;

describe('switchyard order', () => {
  it.each([
    [
      'a market order',
      ['order', 'buy', '10', 'NSE:INFY'],
      { side: 1, ordType: 1, timeInForce: 1, product: 1, orderQty: '10', instrument: 'NSE:INFY', price: undefined },
    ],
    ['a limit order', ['order', 'sell', '5', 'NSE:INFY', '--limit', '1500.5'], { side: 2, ordType: 2, price: '1500.5', orderQty: '5' }],
    ['a stop order', ['order', 'buy', '5', 'I5', '--stop', '1600'], { ordType: 3, stopPx: '1600', price: undefined }],
    ['a stop limit order', ['order', 'buy', '5', 'I5', '--stop', '1600', '--limit', '1605'], { ordType: 4, stopPx: '1600', price: '1605' }],
    ['a market-to-limit order', ['order', 'buy', '5', 'I5', '--type', 'market-to-limit'], { ordType: 5, price: undefined }],
    [
      'an order until a second',
      ['order', 'buy', '5', 'I5', '--limit', '1500', '--tif', 'gtd', '--expire', '2026-11-27T15:30:00+05:30'],
      { ordType: 2, timeInForce: 5, expireAtMs: Date.UTC(2026, 10, 27, 10) },
    ],
    ['an order for the opening', ['order', 'buy', '5', 'I5', '--limit', '1500', '--tif', 'at-open'], { timeInForce: 6 }],
    ['an iceberg', ['order', 'buy', '50', 'I5', '--limit', '1500', '--display', '5'], { displayQty: '5', postOnly: false }],
    ['a post-only order', ['order', 'buy', '5', 'I5', '--limit', '1500', '--post-only'], { postOnly: true }],
    ['a protected order', ['order', 'buy', '5', 'I5', '--protection', '2'], { ordType: 1, marketProtection: '2' }],
    [
      'an order that prevents self-trades',
      ['order', 'buy', '5', 'I5', '--limit', '1500', '--stp', 'cancel-newest'],
      { selfTradePrevention: 1 },
    ],
    ['time in force and product', ['order', 'buy', '5', 'I5', '--tif', 'ioc', '--product', 'delivery'], { timeInForce: 3, product: 2 }],
  ])('places %s', async (_, args, content) => {
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.PENDING_NEW }) });
    expect(await run(...args)).toMatchObject({ code: 0, err: '' });
    expect(platform.placed?.content).toMatchObject(content);
    expect(platform.placed?.accountId).toBe('DEMO');
  });

  it('shows the order, with the name of the instrument', async () => {
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW }) });
    const { out } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500');
    expect(out.split('\n')).toEqual(
      expect.arrayContaining([`order    ${orderId}`, 'what     BUY 10 NSE:INFY LIMIT 1500 DAY', 'status   NEW', 'open     10']),
    );
  });

  it('shows all that is said of it', async () => {
    const content = { ...stateOf({}).content, timeInForce: 5, expireAtMs: Date.UTC(2026, 10, 27, 10), displayQty: '2', postOnly: true };
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW, content: { ...content, selfTradePrevention: 4 } }) });
    const { out } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500');
    expect(out).toContain('what     BUY 10 NSE:INFY LIMIT 1500 GTD until 2026-11-27T10:00:00Z showing 2 post-only self-trade DECREMENT\n');
    const stop = { instrument: 'I5', side: 1, ordType: 3, timeInForce: 1, orderQty: '10', stopPx: '1600', marketProtection: '2' };
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW, content: stop }) });
    expect((await run('order', 'buy', '10', 'NSE:INFY', '--stop', '1600')).out).toContain('STOP stop 1600 DAY protected by 2 %\n');
  });

  it('waits for the fill of a market order', async () => {
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.PENDING_NEW, content: { ordType: 1 } }) });
    expect((await run('order', 'buy', '10', 'NSE:INFY', '--wait')).out).toContain('filled   10 at 1499.5');
  });

  it('says field, rule, reason and what to do next when it is denied, and ends with 3', async () => {
    platform.answer = () => ({
      order: stateOf({
        ordStatus: OrdStatus.DENIED,
        reason: Reason.PRICE_OFF_TICK,
        text: 'price 1500.03 is not a multiple of the tick 0.1',
      }),
      field: 'content.price',
    });
    const { err, code } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500.03');
    expect(code).toBe(3);
    expect(err).toBe(
      'refused: content.price: price 1500.03 is not a multiple of the tick 0.1 (PRICE_OFF_TICK)\nnext: "switchyard instruments <symbol>" shows the tick\n',
    );
  });

  it('says so and ends with 3 when the broker rejects what was waited for', async () => {
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.PENDING_NEW }) });
    platform.later = { ordStatus: OrdStatus.REJECTED, reason: Reason.VENUE_POST_ONLY, text: 'it would trade at once' };
    const { err, code } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500', '--post-only', '--wait');
    expect(code).toBe(3);
    expect(err).toMatch(/^refused: it would trade at once \(VENUE_POST_ONLY\)\nnext: choose a price/);
  });

  it('prints the answer as JSON for programs', async () => {
    platform.answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW }) });
    expect(JSON.parse((await run('--json', 'order', 'buy', '10', 'NSE:INFY')).out)).toMatchObject({ order: { orderId, cumQty: '0' } });
  });

  it.each<[string, StatusCode, Reason, number]>([
    ['a wrong field', StatusCode.INVALID_ARGUMENT, Reason.FIELD_MALFORMED, 3],
    ['an unknown account', StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN, 4],
    ['no room', StatusCode.RESOURCE_EXHAUSTED, Reason.NO_CREDIT, 3],
    ['a token that does not grant it', StatusCode.PERMISSION_DENIED, Reason.PERMISSION_DENIED, 6],
    ['a defect', StatusCode.INTERNAL, Reason.INTERNAL, 1],
  ])('ends for %s with its own exit code', async (_, code, reason, exitCode) => {
    platform.answer = () => {
      throw new CallError('a sentence', { code, reason });
    };
    const ended = await run('order', 'buy', '10', 'NSE:INFY');
    expect(ended).toMatchObject({ code: exitCode, out: '' });
    expect(ended.err).toContain(`a sentence (${Reason[reason]})`);
  });

  it.each(['must be greater than zero', 'content.orderQty must be greater than zero', 'content.orderQty: must be greater than zero'])(
    'names every wrong field once: %s',
    async (description) => {
      const violations = [{ field: 'content.orderQty', description, reason: Reason.NOT_POSITIVE }];
      platform.answer = () => {
        throw new CallError('wrong', { code: StatusCode.INVALID_ARGUMENT, reason: Reason.NOT_POSITIVE, violations });
      };
      expect((await run('order', 'buy', '0', 'NSE:INFY')).err).toMatch(
        /^content\.orderQty:? must be greater than zero \(NOT_POSITIVE\)\n$/,
      );
    },
  );
});

describe('switchyard', () => {
  it.each([
    ['without a needed argument', ['order', 'buy'], "missing required argument 'quantity'"],
    ['with a word that is no choice', ['order', 'hold', '1', 'NSE:INFY'], 'choose one of buy, sell'],
    ['with an unknown command', ['nonsense'], "unknown command 'nonsense'"],
    ['with a type that is no choice', ['order', 'buy', '1', 'I5', '--type', 'best'], 'stop-limit, market-to-limit'],
    ['with a time without its offset', ['order', 'buy', '1', 'I5', '--expire', '2026-11-27T15:30:00'], 'with its offset'],
    ['with a timeout beyond the limit', ['--timeout', '30001', 'orders'], 'a whole number from 1 to 30000'],
    ['with a count that is none', ['orders', '--limit', 'abc'], 'a whole number from 1 to 200'],
    ['with a count that is not whole', ['instruments', 'x', '--limit', '1.5'], 'a whole number from 1 to'],
    ['with a cursor that is none', ['follow', '--from', 'abc'], 'a whole number from -1 to'],
    ['with hours that are none', ['token', '--hours', 'abc'], 'a whole number from 1 to 8760'],
    ['with more hours than a year', ['token', '--hours', '1000000000'], 'a whole number from 1 to 8760'],
    ['with hours that are over', ['token', '--hours', '-1'], 'a whole number from 1 to 8760'],
    ['with a role that there is not', ['token', '--role', 'foo'], 'Allowed choices are admin, ops, risk-officer, service'],
    ['without saying what to cancel', ['cancel'], 'name an order, or give --all'],
    ['without saying what to replace', ['replace', orderId], 'nothing is to be changed'],
  ])('%s ends with 2 and says what is wrong', async (_, args, sentence) => {
    const { err, code } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });

  const commands =
    'order cancel replace orders positions instruments quotes explain follow token halt release status accounts preview parked';
  it.each(['', ...commands.split(' ')])('has help for "%s"', async (command) => {
    const { out, code } = await run(...(command === '' ? [] : [command]), '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: switchyard/);
  });

  it.each([
    ['orders', '"npm start" starts it'],
    ['token', '"npm start" makes one when it first starts here'],
  ])('%s says how to start the platform where none has run', async (command, sentence) => {
    let err = '';
    const terminal = {
      env: {},
      write: () => undefined,
      writeError: (text: string) => void (err += text),
      signal: new AbortController().signal,
      exitCode: 0,
    };
    expect(await runProgram(['--data-folder', path.join(platform.dataFolder, 'none'), command], terminal)).toBe(5);
    expect(err).toContain(sentence);
  });

  it.each(['cancel nope', 'replace nope --limit 1500', 'explain nope'])(
    'names what was given where there is no order: %s',
    async (command) => {
      const { err, code } = await run(...command.split(' '));
      expect(err.split('\n')[0]).toBe('order: account DEMO has no order with the order id or clOrdId "nope" (ORDER_UNKNOWN)');
      expect(code).toBe(4);
    },
  );
});
