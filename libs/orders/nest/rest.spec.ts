import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  ACCOUNT_SERVICE,
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
import { requireJson, requireNoBody } from './rest-body.js';
import { ajvOptions, restHandler } from './rest.controller.js';

const contracts: readonly ServiceContract[] = [
  ORDER_SERVICE,
  ACCOUNT_SERVICE,
  RISK_SERVICE,
  POSITION_SERVICE,
  INSTRUMENT_SERVICE,
  BROKER_SERVICE,
];
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
    ['an enum by its number', { content: { ...content, side: 2, ordType: 1 } }, { content: { side: 2, ordType: 1 } }],
    [
      'a number of 64 bits as text',
      { content: { ...content, sendBeforeMs: '1763800000000' } },
      { content: { sendBeforeMs: 1_763_800_000_000 } },
    ],
    [
      'a number with an exponent, as text',
      { content: { ...content, sendBeforeMs: '17638e8' } },
      { content: { sendBeforeMs: 1_763_800_000_000 } },
    ],
    [
      'null for what is left out',
      { content: { ...content, price: null, postOnly: null, side: null } },
      { content: { price: undefined, side: 0 } },
    ],
    ['null for a message', { clOrdId: 'A-1', content: null }, { clOrdId: 'A-1', content: undefined }],
  ])('takes what ProtoJSON takes: %s', async (_name, body, request) => {
    const asked: unknown[] = [];
    await handlerOf('POST', '/v1/accounts/:accountId/orders')(recordingCalls(asked), { accountId: 'DEMO' }, {}, body, {});
    expect(asked).toMatchObject([request]);
  });

  it.each([
    ['a number that no enum value has', { side: 77 }, 'content.side', 'must be one of SIDE_BUY, SIDE_SELL', Reason.ENUM_UNKNOWN],
    ['a number of an enum as text', { side: '1' }, 'content.side', 'must be one of SIDE_BUY, SIDE_SELL', Reason.ENUM_UNKNOWN],
    ['an enum of another type, told once', { side: [1] }, 'content.side', 'must be one of SIDE_BUY, SIDE_SELL', Reason.ENUM_UNKNOWN],
    ['a decimal without quotes', { price: 1500.05 }, 'content.price', 'must be a text in quotes: "1500.05"', Reason.FIELD_MALFORMED],
    ['a text that is true', { algoId: true }, 'content.algoId', 'must be a text', Reason.FIELD_MALFORMED],
    ['a word for a number', { sendBeforeMs: 'soon' }, 'content.sendBeforeMs', 'must be a whole number', Reason.FIELD_MALFORMED],
    ['an empty number', { sendBeforeMs: '' }, 'content.sendBeforeMs', 'must be a whole number', Reason.FIELD_MALFORMED],
    ['a fraction for a whole number', { sendBeforeMs: '1.5' }, 'content.sendBeforeMs', 'must be a whole number', Reason.FIELD_MALFORMED],
    ['a number for a flag', { postOnly: 1 }, 'content.postOnly', 'must be true or false', Reason.FIELD_MALFORMED],
    ['the name of a field in proto', { order_qty: '1' }, 'content.order_qty', 'this version knows no such field', Reason.FIELD_NOT_ALLOWED],
    ['an unknown field of null', { colour: null }, 'content.colour', 'this version knows no such field', Reason.FIELD_NOT_ALLOWED],
  ])('with %s has one violation', async (_name, wrong, field, description, reason) => {
    const body = { clOrdId: 'A-1', content: { ...content, ...wrong } };
    const call = handlerOf('POST', '/v1/accounts/:accountId/orders')(recordingCalls([]), { accountId: 'DEMO' }, {}, body, {});
    await expect(call).rejects.toMatchObject({ violations: [{ field, description, reason }] });
    await call.catch((error: { violations: unknown[] }) => expect(error.violations).toHaveLength(1));
  });

  it.each([
    ['a list', [], 'body', 'must be an object'],
    ['null in a list', { routes: [null] }, 'routes[0]', 'must be an object'],
    ['an object for a list', { routes: {} }, 'routes', 'must be a list'],
  ])('that is %s is refused', async (_name, body, field, description) => {
    const call = handlerOf('PUT', '/v1/accounts/:accountId')(recordingCalls([]), { accountId: 'DEMO' }, {}, body, {});
    await expect(call).rejects.toMatchObject({ violations: [{ field, description, reason: Reason.FIELD_MALFORMED }] });
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

describe('an order by its own clOrdId', () => {
  const path = '/v1/accounts/:accountId/orders/by-cl-ord-id';
  const clOrdId = '../A/1?%';
  it.each([
    ['is read', 'GET', { clOrdId }, undefined, { orderId: '', clOrdId }],
    ['is canceled', 'DELETE', { clOrdId: 'C-1', origClOrdId: clOrdId }, undefined, { orderId: '', clOrdId: 'C-1', origClOrdId: clOrdId }],
    [
      'is replaced',
      'PATCH',
      {},
      { clOrdId: 'R-1', origClOrdId: clOrdId, orderQty: '5' },
      { orderId: '', origClOrdId: clOrdId, orderQty: '5' },
    ],
  ])('%s', async (_what, method, query, body, request) => {
    const asked: unknown[] = [];
    await handlerOf(method, path)(recordingCalls(asked), { accountId: 'DEMO' }, query, body, {});
    expect(asked).toMatchObject([{ accountId: 'DEMO', ...request }]);
  });
});

describe('an order is named once:', () => {
  const account = { accountId: 'DEMO' };
  it.each([
    [
      '/v1/accounts/:accountId/orders/by-cl-ord-id',
      account,
      { orderId: 'x', origClOrdId: 'A-1' },
      'orderId: must be left out: the address says that the order is named by origClOrdId',
    ],
    ['/v1/accounts/:accountId/orders/by-cl-ord-id', account, { orderId: 'x' }, 'orderId: must be left out: the address says that the order is named by origClOrdId'], // prettier-ignore
    ['/v1/accounts/:accountId/orders/:orderId', { ...account, orderId: 'x' }, { orderId: 'y' }, 'orderId: must be left out: it stands in the address'], // prettier-ignore
    ['/v1/accounts/:accountId/orders/:orderId', { ...account, orderId: 'x' }, { accountId: 'DEMO' }, 'accountId: must be left out: it stands in the address'], // prettier-ignore
  ])('PATCH %s is refused with what names it again: %j %j', async (path, params, body, sentence) => {
    const asked: unknown[] = [];
    const replaced = handlerOf('PATCH', path)(recordingCalls(asked), params, {}, { clOrdId: 'R-1', orderQty: '5', ...body }, {});
    await expect(replaced).rejects.toMatchObject({ message: sentence, violations: [{ reason: Reason.FIELD_NOT_ALLOWED }] });
    expect(asked).toEqual([]);
  });
});

describe('the document', () => {
  it.each([
    ['get', '/v1/accounts/{accountId}/orders/by-cl-ord-id', ['accountId', 'clOrdId']],
    ['delete', '/v1/accounts/{accountId}/orders/by-cl-ord-id', ['accountId', 'clOrdId', 'origClOrdId']],
    ['delete', '/v1/accounts/{accountId}/orders/{orderId}', ['accountId', 'orderId', 'clOrdId']],
    ['get', '/v1/accounts/{accountId}/orders', ['accountId']],
  ])('says what a call can not be without: %s %s', (method, path, names) => {
    const { parameters } = openApi().paths[path]?.[method] ?? { parameters: [] };
    expect(parameters.filter(({ required }) => required).map(({ name }) => name)).toEqual(names);
  });
});

describe('what is called JSON', () => {
  const read = (text: string | Buffer, type = 'application/json') =>
    requireJson({ headers: { 'content-type': type }, rawBody: Buffer.from(text) } as never);

  it.each([
    ['a name twice', '{"clOrdId":"A","clOrdId":"B"}', 'clOrdId'],
    ['a name twice, written in two ways', '{"clOrdId":"A","clOrd\\u0049d":"B"}', 'clOrdId'],
    ['a name twice inside of an object', '{"content":{"orderQty":"1", "price":"2" , "orderQty" : "100"}}', 'content.orderQty'],
    ['a name twice inside of a list', '{"routes":[{"a":[1,{}]},{"sessionId":1,"sessionId":2}]}', 'routes[1].sessionId'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'body'],
  ])('is refused with %s', (_what, text, field) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ violations: [expect.objectContaining({ field, reason: Reason.FIELD_MALFORMED })] }),
    );
  });

  it.each([
    ['the same name in two objects', '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}'],
    ['texts that look like names', '{"a":"b\\":1,\\"a","b":"{\\"a\\":1"}'],
    ['what the parser will refuse', `{"${'\\"'.repeat(30_000)}`],
    ['nothing', ''],
  ])('is let through with %s', (_what, text) => {
    expect(() => read(text)).not.toThrow();
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])('is "%s"', (type) => {
    expect(() => read('{}', type)).not.toThrow();
  });

  it('is UTF-8', () => {
    expect(() => read('{}', 'application/json; charset=utf-16')).toThrow('Content-Type: the charset must be utf-8');
  });
});

describe('a body of GET or DELETE', () => {
  const read = (headers: Record<string, string>) => requireNoBody({ headers } as never);

  it.each([[{ 'content-length': '2' }], [{ 'content-length': '1', 'content-type': 'text/plain' }], [{ 'transfer-encoding': 'chunked' }]])(
    'is refused, since it would be passed over: %j',
    (headers) => {
      expect(() => read(headers as Record<string, string>)).toThrow(
        expect.objectContaining({ violations: [expect.objectContaining({ field: 'body', reason: Reason.FIELD_NOT_ALLOWED })] }),
      );
    },
  );

  it.each([[{}], [{ 'content-length': '0' }]])('is none with the headers %j', (headers) => {
    expect(() => read(headers as Record<string, string>)).not.toThrow();
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
    ['PUT', '/v1/accounts/:accountId/limits', { limits: { quoteAgeMaxMs: beyond } }, 'limits.quoteAgeMaxMs', numberRules.quoteAgeMaxMs],
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
