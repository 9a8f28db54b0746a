import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  BROKER_SERVICE,
  type Calls,
  INSTRUMENT_SERVICE,
  numberRules,
  OrdStatus,
  ORDER_SERVICE,
  POSITION_SERVICE,
  Reason,
  RISK_SERVICE,
  type ServiceContract,
  StatusCode,
} from '@switchyard/contracts';
import { openApi } from '@switchyard/contracts/openapi';
import { REST_ROUTES } from '@switchyard/contracts/rest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ajvOptions, restHandler } from './rest.controller.js';

const contracts: readonly ServiceContract[] = [ORDER_SERVICE, RISK_SERVICE, POSITION_SERVICE, INSTRUMENT_SERVICE, BROKER_SERVICE];
const ajv = new Ajv2020(ajvOptions);

/** Calls that remember what was asked and answer nothing. */
function recordingCalls(asked: unknown[]): Calls {
  const any = () => new Proxy({}, { get: () => async (request: unknown) => (asked.push(request), {}) });
  return { any, at: any, addressesOf: () => [] } as unknown as Calls;
}

function handlerOf(method: string, path: string) {
  const route = REST_ROUTES.find((one) => one.method === method && one.path === path);
  if (route === undefined) throw new Error(`no route ${method} ${path}`);
  return restHandler(route, contracts, ajv);
}

const content = {
  instrument: 'NSE:INFY',
  side: 'SIDE_BUY',
  ordType: 'ORD_TYPE_LIMIT',
  timeInForce: 'TIME_IN_FORCE_DAY',
  product: 'PRODUCT_INTRADAY',
  orderQty: '10',
  price: '1500',
};

beforeAll(() => void ajv.addSchema(openApi(), 'api'));

describe('a REST body', () => {
  it('becomes the message, with the fields of the path', async () => {
    const asked: unknown[] = [];
    const place = handlerOf('POST', '/v1/accounts/:accountId/orders');
    await place(recordingCalls(asked), { accountId: 'DEMO' }, {}, { clOrdId: 'A-1', content }, {});
    expect(asked).toMatchObject([{ accountId: 'DEMO', clOrdId: 'A-1', content: { side: 1, orderQty: '10', price: '1500' } }]);
  });

  it('is of a risk group where the path says so', async () => {
    const asked: unknown[] = [];
    const put = handlerOf('PUT', '/v1/risk-groups/:riskGroupId/limits');
    await put(recordingCalls(asked), { riskGroupId: 'G1' }, {}, { limits: { orderQtyMax: '5' }, text: 'smaller' }, {});
    expect(asked).toMatchObject([{ accountId: '', riskGroupId: 'G1', limits: { orderQtyMax: '5' } }]);
  });

  it.each([
    ['an unknown enum value', { clOrdId: 'A-1', content: { ...content, side: 'SIDE_HOLD' } }, 'content.side', Reason.ENUM_UNKNOWN],
    ['an unknown field', { clOrdId: 'A-1', content, qty: 3 }, 'qty', Reason.FIELD_NOT_ALLOWED],
    ['an unknown nested field', { clOrdId: 'A-1', content: { ...content, quantity: '3' } }, 'content.quantity', Reason.FIELD_NOT_ALLOWED],
    ['a number for a decimal', { clOrdId: 'A-1', content: { ...content, orderQty: 10 } }, 'content.orderQty', Reason.FIELD_MALFORMED],
    ['no object', 'buy', 'body', Reason.FIELD_MALFORMED],
  ])('with %s is refused with the field and the reason, and nothing is called', async (_name, body, field, reason) => {
    const asked: unknown[] = [];
    const place = handlerOf('POST', '/v1/accounts/:accountId/orders');
    const refusal = place(recordingCalls(asked), { accountId: 'DEMO' }, {}, body, {});
    await expect(refusal).rejects.toMatchObject({ code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, reason }] });
    expect(asked).toEqual([]);
  });
});

describe('a REST query', () => {
  const list = () => handlerOf('GET', '/v1/accounts/:accountId/orders');

  it('is read as what the document says', async () => {
    const asked: unknown[] = [];
    await list()(
      recordingCalls(asked),
      { accountId: 'DEMO' },
      { openOnly: 'true', pageSize: '7', ordStatuses: 'ORD_STATUS_NEW,ORD_STATUS_FILLED' },
      undefined,
      {},
    );
    expect(asked).toMatchObject([{ openOnly: true, pageSize: 7, ordStatuses: [OrdStatus.NEW, OrdStatus.FILLED] }]);
  });

  it.each([
    ['openOnly', 'yes', Reason.FIELD_MALFORMED],
    ['pageSize', '1e3', Reason.FIELD_MALFORMED],
    ['page', '1', Reason.FIELD_NOT_ALLOWED],
  ])('with %s=%s is refused', async (field, value, reason) => {
    await expect(list()(recordingCalls([]), { accountId: 'DEMO' }, { [field]: value }, undefined, {})).rejects.toMatchObject({
      violations: [{ field, reason }],
    });
  });
});

describe('a number beyond its type', () => {
  const beyond = 10 ** 19;
  it.each([
    ['GET', '/v1/accounts/:accountId/orders', 'pageSize', 'must be from 1 to 200, or left out'],
    ['GET', '/v1/accounts/:accountId/ledger', 'pageSize', 'must be from 1 to 500, or left out'],
    ['GET', '/v1/instruments', 'limit', 'must be from 1 to 100, or left out'],
  ] as const)('of %s %s is told the rule of its field: %s %s', async (method, route, field, description) => {
    const call = handlerOf(method, route)(recordingCalls([]), {}, { [field]: '99999999999999999999' }, undefined, {});
    await expect(call).rejects.toMatchObject({ violations: [{ field, description, reason: Reason.OUT_OF_RANGE }] });
  });

  it.each([
    ['PUT', '/v1/accounts/:accountId/limits', { limits: { quoteAgeMaxMs: beyond } }, 'limits.quoteAgeMaxMs', 'must be 0 or more'],
    [
      'PUT',
      '/v1/sessions/:sessionId',
      { commandsPerSecondMax: beyond },
      'commandsPerSecondMax',
      'must be from 0 (the default of the broker) to 100000',
    ],
    ['POST', '/v1/accounts/:accountId/orders', { content: { sendBeforeMs: beyond } }, 'content.sendBeforeMs', numberRules.sendBeforeMs],
    ['POST', '/v1/accounts/:accountId/orders', { content: { expireAtMs: -beyond } }, 'content.expireAtMs', numberRules.expireAtMs],
  ] as const)('in the body of %s %s is told the rule of its field: %j', async (method, route, body, field, description) => {
    const call = handlerOf(method, route)(recordingCalls([]), {}, {}, body, {});
    await expect(call).rejects.toMatchObject({ violations: [{ field, description, reason: Reason.OUT_OF_RANGE }] });
  });
});
