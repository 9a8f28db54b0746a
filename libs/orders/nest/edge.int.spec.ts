// Accounts, REST and the pages: the edge that people and apps see.
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Reason, StatusCode, TradingState } from '@switchyard/contracts';
import { aDecision } from '@switchyard/orders-core/testing';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { options, refusal, World } from './testing/world.js';

const world = World.forSpec();
let gateway: RunningProcess;
let accountId: string;

beforeAll(async () => {
  gateway = await world.start();
}, 60_000);

beforeEach(async () => {
  world.risk.decide = () => aDecision();
  accountId = await world.anAccount(gateway);
});

const content = {
  instrument: 'NSE:INFY',
  side: 'SIDE_BUY',
  ordType: 'ORD_TYPE_LIMIT',
  timeInForce: 'TIME_IN_FORCE_DAY',
  product: 'PRODUCT_INTRADAY',
  orderQty: '10',
  price: '1500',
};

describe('an account', () => {
  const put = (differs: object, roles: readonly string[] = ['admin']) =>
    world.accounts(gateway).putAccount({ ...world.account(accountId), ...differs }, world.as(roles));

  it('can be changed, and is the same after a repetition', async () => {
    const { account } = await put({ name: 'Another name' });
    expect(account).toMatchObject({
      accountId,
      name: 'Another name',
      baseCurrency: 'INR',
      riskGroupId: accountId,
      tradingState: TradingState.ACTIVE,
      accountSeq: 2,
    });
    expect((await put({ name: 'Another name' })).account?.accountSeq).toBe(2);
    expect((await world.accounts(gateway).getAccount({ accountId }, options)).account).toEqual(account);
  });

  it.each([
    ['another risk group', { riskGroupId: 'ELSEWHERE' }, 'FIELD_NOT_ALLOWED riskGroupId'],
    ['no risk group', { riskGroupId: '' }, 'FIELD_REQUIRED riskGroupId'],
    ['a risk group that is none', { riskGroupId: 'a b' }, 'FIELD_MALFORMED riskGroupId'],
    ['another currency', { baseCurrency: 'USD' }, 'FIELD_NOT_ALLOWED baseCurrency'],
    [
      'a session that there is not',
      { routes: [{ brokerAccountId: 'PAPER-1', sessionId: 'paper-9' }] },
      'FIELD_NOT_ALLOWED routes[0].sessionId',
    ],
    [
      'a broker account that the session does not serve',
      { routes: [{ brokerAccountId: 'PAPER-2', sessionId: 'paper-1' }] },
      'FIELD_NOT_ALLOWED routes[0].brokerAccountId',
    ],
  ])('put with %s is refused', async (_, differs, expected) => {
    expect(await refusal(put(differs))).toBe(expected);
  });

  it('that four calls open at the same time in four risk groups is opened once, and rows go on being written', async () => {
    const opened = await Promise.all(
      ['GA', 'GB', 'GC', 'GD'].map((riskGroupId) =>
        world
          .accounts(gateway)
          .putAccount(world.account('TWICE', riskGroupId), world.as(['admin']))
          .then(
            () => 'opened',
            (error: unknown) => refusal(Promise.reject(error)),
          ),
      ),
    );
    expect(opened.sort()).toEqual([...Array.from({ length: 3 }, () => 'FIELD_NOT_ALLOWED riskGroupId'), 'opened']);
    const { rows } = await world.admin.query('SELECT key FROM orders.journal WHERE key = $1', ['TWICE']);
    expect(rows.length).toBe(1);
    const query = { accountId: 'TWICE', ordStatuses: [], openOnly: false, instrument: '', pageSize: 0, pageToken: '' };
    expect((await world.orders(gateway).listOrders(query, options)).orders).toEqual([]);
  });

  it('shares a broker account with accounts of its risk group, and with no other', async () => {
    const { routes } = world.account(accountId);
    const other = { ...world.account('SHARES'), routes };
    const open = (riskGroupId: string) => world.accounts(gateway).putAccount({ ...other, riskGroupId }, world.as(['admin']));
    expect(await refusal(open('ELSEWHERE'))).toBe('FIELD_NOT_ALLOWED routes');
    expect((await open(accountId)).account).toMatchObject({ riskGroupId: accountId, routes });
    const stranger = await world.anAccount(gateway);
    const change = world.accounts(gateway).putAccount({ ...world.account(stranger), routes }, world.as(['admin']));
    await expect(change).rejects.toThrow(`Broker account PAPER-${accountId} belongs to risk group ${accountId}.`);
  });

  it.each([
    ['putAccount', 'admin', 'done'],
    ['putAccount', 'ops', 'PERMISSION_DENIED'],
    ['adjustCash', 'admin', 'done'],
    ['adjustCash', 'risk-officer', 'PERMISSION_DENIED'],
    ['setTradingState', 'risk-officer', 'done'],
    ['setTradingState', 'service', 'done'],
    ['setTradingState', 'admin', 'PERMISSION_DENIED'],
    ['getAccount', 'ops', 'done'],
    ['getAccount', 'nobody', 'ACCOUNT_UNKNOWN accountId'],
  ] as const)('%s by the role %s: %s', async (call, role, expected) => {
    const accounts = world.accounts(gateway);
    const as = world.as([role]);
    const calls = {
      putAccount: () => put({}, [role]),
      adjustCash: () => accounts.adjustCash({ accountId, adjustmentId: 'X', currency: 'INR', amount: '1', text: 'test' }, as),
      setTradingState: () => accounts.setTradingState({ accountId, tradingState: TradingState.HALTED, text: 'test' }, as),
      getAccount: () => accounts.getAccount({ accountId }, as),
    };
    const promise: Promise<unknown> = calls[call]();
    const outcome = await promise.then(
      () => 'done',
      () => refusal(promise),
    );
    expect(outcome).toBe(expected);
  });

  it('is shown to who may see it', async () => {
    const other = await world.anAccount(gateway);
    const seen = async (accounts: Record<string, string[]>) =>
      (await world.accounts(gateway).listAccounts({}, world.as([], accounts))).accounts.map((each) => each.accountId);
    expect(await seen({ [other]: ['viewer'], NOBODY: ['trader'] })).toEqual([other]);
    expect(await seen({})).toEqual([]);
    expect(await seen({ '*': ['viewer'] })).toEqual(expect.arrayContaining([accountId, other]));
  });

  it('gets cash once per adjustment', async () => {
    const adjust = (amount: string) =>
      world
        .accounts(gateway)
        .adjustCash({ accountId, adjustmentId: 'OPEN', currency: 'INR', amount, text: 'opening' }, world.as(['admin']));
    expect([await adjust('100'), await adjust('100')]).toEqual([{ replayed: false }, { replayed: true }]);
    expect(await refusal(adjust('101'))).toMatch(/^CL_ORD_ID_REUSED/);
    expect(await world.rowsOf(accountId)).toBe(2);
  });

  it('that is halted takes no order, until it is active again', async () => {
    const set = (tradingState: TradingState) =>
      world.accounts(gateway).setTradingState({ accountId, tradingState, text: 'test' }, world.as(['risk-officer']));
    expect((await set(TradingState.HALTED)).account).toMatchObject({ tradingState: TradingState.HALTED, tradingStateText: 'test' });
    expect((await world.place(gateway, accountId, 'A-1')).reason).toBe(Reason.TRADING_STATE);
    await set(TradingState.ACTIVE);
    expect((await world.place(gateway, accountId, 'A-2')).reason).toBe(Reason.UNSPECIFIED);
  });

  it('is traded on only by who may', async () => {
    const place = (accounts: Record<string, string[]>) =>
      world.orders(gateway).placeOrder({ accountId, clOrdId: 'A-1', content: undefined }, world.as([], accounts));
    await expect(place({ [accountId]: ['viewer'] })).rejects.toMatchObject({ code: StatusCode.PERMISSION_DENIED });
    expect(await refusal(place({ OTHER: ['trader'] }))).toBe('ACCOUNT_UNKNOWN accountId');
    expect(await refusal(place({ [accountId]: ['trader'] }))).toMatch(/^FIELD_REQUIRED content/);
  });
});

describe('REST', () => {
  const rest = async (method: string, path: string, body?: unknown, token = world.token([], { [accountId]: ['trader'] })) => {
    const headers = { ...(token !== '' && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' };
    const response = await fetch(`http://${gateway.httpAddress}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { order?: { orderId: string }; orders?: unknown[] } & Record<string, unknown>;
    return { status: response.status, type: response.headers.get('content-type') ?? '', answer };
  };

  it('places, reads, lists, replaces, explains and cancels', async () => {
    const orders = `/v1/accounts/${accountId}/orders`;
    const placed = await rest('POST', orders, { clOrdId: 'A-1', content });
    expect(placed).toMatchObject({
      status: 200,
      answer: { order: { clOrdId: 'A-1', ordStatus: 'ORD_STATUS_PENDING_NEW', content: { side: 'SIDE_BUY', orderQty: '10' } } },
    });
    const orderId = placed.answer.order?.orderId ?? '';
    expect(await rest('GET', `${orders}/${orderId}`)).toMatchObject({ status: 200, answer: { order: { orderId } } });
    expect((await rest('GET', `${orders}?openOnly=true&pageSize=5&ordStatuses=ORD_STATUS_PENDING_NEW`)).answer.orders).toHaveLength(1);
    expect((await rest('GET', `${orders}?ordStatuses=ORD_STATUS_FILLED`)).answer.orders ?? []).toHaveLength(0);
    expect(await rest('POST', `${orders}/preview`, { content })).toMatchObject({ status: 200, answer: { decision: { approved: true } } });
    expect(await rest('GET', `${orders}/${orderId}/explain`)).toMatchObject({ status: 200, answer: { order: { orderId } } });
    const byOwnId = `${orders}/by-cl-ord-id`;
    expect(await rest('GET', `${byOwnId}?clOrdId=A-1`)).toMatchObject({ status: 200, answer: { order: { orderId } } });
    expect(await rest('GET', `${byOwnId}?clOrdId=A-9`)).toMatchObject({ status: 404, answer: { violations: [{ field: 'clOrdId' }] } });
    expect(await rest('GET', byOwnId)).toMatchObject({ status: 400, answer: { reason: 'FIELD_REQUIRED' } });
    expect(await rest('PATCH', byOwnId, { clOrdId: 'R-1', origClOrdId: 'A-9', orderQty: '5' })).toMatchObject({
      status: 404,
      answer: { reason: 'ORDER_UNKNOWN', violations: [{ field: 'origClOrdId' }] },
    });
    expect(await rest('DELETE', `${byOwnId}?clOrdId=C-9&origClOrdId=A-9`)).toMatchObject({
      status: 404,
      answer: { reason: 'ORDER_UNKNOWN', violations: [{ field: 'origClOrdId' }] },
    });
    expect(await rest('DELETE', `${orders}/${orderId}?clOrdId=C-1`)).toMatchObject({
      status: 200,
      answer: { order: { ordStatus: 'ORD_STATUS_PENDING_CANCEL' } },
    });
    expect(await rest('GET', '/v1/accounts')).toMatchObject({ status: 200, answer: { accounts: [{ accountId }] } });
    const terms = { timeInForce: 'TIME_IN_FORCE_GTD', expireAtMs: 4_000_000_000_000, displayQty: '5', postOnly: true };
    const full = { ...content, ...terms, selfTradePrevention: 'SELF_TRADE_PREVENTION_DECREMENT' };
    expect(await rest('POST', orders, { clOrdId: 'A-2', content: full })).toMatchObject({
      status: 200,
      answer: { order: { content: { ...terms, selfTradePrevention: 'SELF_TRADE_PREVENTION_DECREMENT' } } },
    });
  });

  it.each([
    ['without a token', { token: '' }, 401, 'UNAUTHENTICATED'],
    ['of an account that there is not', { path: '/v1/accounts/NOBODY/orders' }, 404, 'ACCOUNT_UNKNOWN'],
    ['with a field that there is not', { body: { clOrdId: 'A-1', content, qty: 1 } }, 400, 'FIELD_NOT_ALLOWED'],
    ['with a side that is none', { body: { clOrdId: 'A-1', content: { ...content, side: 'SIDE_HOLD' } } }, 400, 'ENUM_UNKNOWN'],
    ['with a post-only in words', { body: { clOrdId: 'A-1', content: { ...content, postOnly: 'no' } } }, 400, 'FIELD_MALFORMED'],
    ['until no second', { body: { clOrdId: 'A-1', content: { ...content, timeInForce: 'TIME_IN_FORCE_GTD' } } }, 400, 'FIELD_REQUIRED'],
    ['without a clOrdId', { body: { content } }, 400, 'FIELD_REQUIRED'],
  ])('%s answers problem+json', async (_, differs: { token?: string; path?: string; body?: unknown }, status, reason) => {
    const path = differs.path ?? `/v1/accounts/${accountId}/orders`;
    const response = await rest('POST', path, differs.body ?? { clOrdId: 'A-1', content }, differs.token);
    expect(response).toMatchObject({ status, answer: { status, reason, type: `urn:switchyard:reason:${reason}` } });
    expect(response.type).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ['application/x-www-form-urlencoded', 'FIELD_MALFORMED', 'not "application/x-www-form-urlencoded"'],
    ['text/plain; charset=utf-8', 'FIELD_MALFORMED', 'not "text/plain"'],
    [undefined, 'FIELD_REQUIRED', 'and there is none'],
  ])('whose body is called %s is told the header that it needs', async (type, reason, words) => {
    const response = await fetch(`http://${gateway.httpAddress}/v1/accounts/${accountId}/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.token([], { [accountId]: ['trader'] })}`,
        ...(type !== undefined && { 'content-type': type }),
      },
      body: Buffer.from(JSON.stringify({ clOrdId: 'A-1', content })),
    });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({
      status: 400,
      reason,
      detail: `Content-Type: the header must be "application/json", ${words}`,
      violations: [{ field: 'Content-Type', reason }],
    });
  });

  it.each([
    ['[]', 'application/json'],
    ['"x"', 'application/json'],
    ['0', 'application/json'],
    ['null', 'application/json'],
    ['{"clOrdId":"A-1"}', 'application/json'],
    ['A-1', 'text/plain'],
  ])('of DELETE and GET with the body %s (%s) is refused', async (body, type) => {
    for (const method of ['DELETE', 'GET']) {
      const headers = { authorization: `Bearer ${world.token(['ops'])}`, 'content-type': type, 'content-length': body.length };
      const asked = request(`http://${gateway.httpAddress}/v1/accounts/${accountId}/orders/by-cl-ord-id`, { method, headers }).end(body);
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      expect(await json(response)).toMatchObject({ status: 400, reason: 'FIELD_NOT_ALLOWED', violations: [{ field: 'body' }] });
    }
  });

  it('of HTTP/1.1 without a host is refused as problem+json', async () => {
    const [hostname, port] = gateway.httpAddress.split(':');
    const asked = request({ hostname, port, path: '/openapi.json', setHost: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(await json(response)).toMatchObject({ status: 400, reason: 'FIELD_MALFORMED', detail: 'the header host is missing' });
  });

  it('of the same clOrdId with other content conflicts', async () => {
    const orders = `/v1/accounts/${accountId}/orders`;
    await rest('POST', orders, { clOrdId: 'A-1', content });
    expect(await rest('POST', orders, { clOrdId: 'A-1', content })).toMatchObject({ status: 200, answer: { replayed: true } });
    expect(await rest('POST', orders, { clOrdId: 'A-1', content: { ...content, orderQty: '11' } })).toMatchObject({
      status: 409,
      answer: { reason: 'CL_ORD_ID_REUSED' },
    });
  });

  it('documents itself', async () => {
    const { status, answer } = await rest('GET', '/openapi.json', undefined, '');
    expect(status).toBe(200);
    expect(answer).toMatchObject({ openapi: '3.1.0' });
    expect(Object.keys(answer['paths'] as object)).toContain('/v1/accounts/{accountId}/orders');
  });
});

describe('the pages', () => {
  const page = async (path: string, cookie = '', init: RequestInit = {}) => {
    const response = await fetch(`http://${gateway.httpAddress}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { ...(init.headers as object), ...(cookie !== '' && { cookie }) },
    });
    return {
      status: response.status,
      location: response.headers.get('location'),
      cookie: response.headers.get('set-cookie') ?? '',
      text: await response.text(),
    };
  };
  const signedIn = (token = world.token([], { [accountId]: ['viewer'] })) => `other=1; switchyard_token=${token}`;

  it('ask for a token, keep it in a cookie that scripts do not see, and leave the address clean', async () => {
    expect(await page('/')).toMatchObject({ status: 200, text: expect.stringContaining('action="/session"') });
    const token = world.token([], { [accountId]: ['viewer'] });
    const form = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token: ` ${token} ` }).toString(),
    };
    const cookie = `switchyard_token=${token}; HttpOnly; SameSite=Strict; Path=/`;
    expect(await page('/session', '', form)).toMatchObject({ status: 303, location: '/', cookie });
    expect(await page(`/?token=${token}`)).toMatchObject({ status: 303, location: '/', cookie });
    expect(await page('/session', '', { ...form, body: new URLSearchParams({ token: 'a;b' }).toString() })).toMatchObject({
      status: 303,
      cookie: '',
    });
    expect(await page('/', signedIn())).toMatchObject({ status: 302, location: `/accounts/${accountId}` });
    expect(await page('/', signedIn(world.token([])))).toMatchObject({ status: 200, text: expect.stringContaining('No account') });
  });

  it('list orders with symbols, and tell an order on one timeline, with every text escaped', async () => {
    expect((await page(`/accounts/${accountId}`, signedIn())).text).toContain('No orders yet');
    const { orderId } = await world.place(gateway, accountId, '<b>A-1</b>');
    await world.place(gateway, accountId, 'A-2', { instrument: 'i-tcs' });
    const list = await page(`/accounts/${accountId}`, signedIn());
    expect(list.status).toBe(200);
    for (const text of ['NSE:INFY', 'NSE:TCS', 'pending new', `/accounts/${accountId}/orders/${orderId}`, '&#60;b&#62;A-1'])
      expect(list.text).toContain(text);
    expect(list.text).not.toContain('<b>A-1</b>');
    const life = await page(`/accounts/${accountId}/orders/${orderId}`, signedIn());
    for (const text of ['BUY 10 NSE:INFY at 1500', 'order accepted', 'risk approved', '0 of 10']) expect(life.text).toContain(text);
    expect(life.text).not.toContain('<b>A-1</b>');
  });

  it('show a filled order, one in doubt, and one that was denied', async () => {
    const filled = await world.confirmed(gateway, accountId, 'A-1');
    world.brokers.trade(filled, `T-${filled}`, '10');
    const { orderId: doubtful } = await world.place(gateway, accountId, 'A-2');
    await eventually(() => world.brokers.commandOf(doubtful), { what: 'the order at the broker' });
    world.brokers.report(doubtful, { $case: 'inDoubt', value: { text: 'no answer' } });
    await world.until(gateway, accountId, doubtful, ({ inDoubt }) => inDoubt);
    world.risk.decide = () => aDecision({ approved: false, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM, text: 'too much' });
    const { orderId: denied } = await world.place(gateway, accountId, 'A-3');
    const { text } = await page(`/accounts/${accountId}`, signedIn());
    for (const pill of ['"pill good">filled', '"pill warn">in doubt · pending new', '"pill bad">denied']) expect(text).toContain(pill);
    expect((await page(`/accounts/${accountId}/orders/${denied}`, signedIn())).text).toContain('too much');
  });

  it.each([
    ['a token that is none', 'switchyard_token=nonsense', '', 401, 'action="/session"'],
    ['an order that there is not', undefined, '/orders/nobody', 404, 'there is no such order'],
    ['an account that the token does not show', 'other', '', 404, 'There is no account'],
  ])('with %s say so', async (_, cookie, path, status, text) => {
    const shown = cookie === 'other' ? signedIn(world.token([], { OTHER: ['viewer'] })) : (cookie ?? signedIn());
    const answer = await page(`/accounts/${accountId}${path}`, shown);
    expect([answer.status, answer.text.includes(text)]).toEqual([status, true]);
  });
});
