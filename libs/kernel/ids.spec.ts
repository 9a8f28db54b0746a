import { describe, expect, it } from '@jest/globals';
import {
  AccountId,
  BrokerAccountId,
  BrokerOrderId,
  BrokerRequestId,
  ClOrdId,
  InstrumentId,
  InvalidIdError,
  OrderId,
  PlacementId,
  RiskGroupId,
  SessionId,
  StrategyId,
  Tag,
  TradeId,
  type IdType,
} from './index.js';

const orderId = 'cb01h5fskfj0abcdefghjkmn';
const names = ['a', 'A.b_c-9', 'x'.repeat(32)];
const notNames = ['', 'x'.repeat(33), 'a b', 'a:b', 'a/b', 'é', 'a\n'];
const foreign = ['1', '~!#/', 'x'.repeat(64)];
const notForeign = ['', 'x'.repeat(65), 'a b', 'a\t', 'é', 'a\n', '\u0000'];
const derived = ['o-1.2', 'x'.repeat(64)];
const notDerived = ['', 'x'.repeat(65), 'a b', 'a/b'];

const rules: [string, IdType<string>, string[], string[]][] = [
  ['accountId', AccountId, names, notNames],
  ['riskGroupId', RiskGroupId, names, notNames],
  ['brokerAccountId', BrokerAccountId, names, notNames],
  ['sessionId', SessionId, names, notNames],
  ['strategyId', StrategyId, names, notNames],
  ['instrumentId', InstrumentId, names, [...notNames, 'NSE:INFY']],
  ['clOrdId', ClOrdId, ['1', 'A-1', '~!#/', 'x'.repeat(36)], ['', 'x'.repeat(37), 'a b', 'é', 'a\n']],
  [
    'orderId',
    OrderId,
    [orderId],
    [
      '',
      orderId.slice(1),
      `${orderId}0`,
      orderId.toUpperCase(),
      `g${orderId.slice(1)}`,
      orderId.replace('a', 'u'),
      orderId.replace('a', 'i'),
    ],
  ],
  ['placementId', PlacementId, derived, notDerived],
  ['brokerRequestId', BrokerRequestId, derived, notDerived],
  ['brokerOrderId', BrokerOrderId, foreign, notForeign],
  ['tradeId', TradeId, foreign, notForeign],
  ['tag', Tag, ['abcdefghij234567klmn'], ['', 'abcdefghij234567klm', 'abcdefghij234567klm1', 'ABCDEFGHIJ234567KLMN']],
];

describe.each(rules)('%s', (field, type, valid, invalid) => {
  it.each(valid)('accepts %j', (text) => {
    expect(type(text)).toBe(text);
    expect(type.parse(text)).toEqual({ ok: true, value: text });
  });

  it.each([...invalid, 7 as never, undefined as never, [valid[0]] as never])('refuses %j', (text) => {
    expect(type.parse(text)).toEqual({ ok: false, error: { field, rule: expect.any(String) } });
    expect(() => type(text)).toThrow(InvalidIdError);
  });
});

it('the error names the field and the rule, and leaves the text out', () => {
  expect(() => ClOrdId('my secret')).toThrow(
    new InvalidIdError({ field: 'clOrdId', rule: '1 to 36 printable ASCII characters without spaces' }),
  );
  expect(() => ClOrdId('my secret')).toThrow('clOrdId must be 1 to 36 printable ASCII characters without spaces');
});
