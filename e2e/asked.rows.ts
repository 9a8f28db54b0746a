// Requests other than orders whose form is wrong, over REST: reads and administration. Each is refused with status, reason and field, and reaches no table.
import { TradingState } from '@switchyard/contracts';
import { AdjustCashRequest, SetTradingStateRequest } from '@switchyard/contracts/gen/orders/v1/service';

export interface AskedRow {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Without a token; an administrator's otherwise. */
  readonly isAnonymous?: boolean;
  /** "status REASON field". */
  readonly told: string;
}

const order = {
  clOrdId: '',
  content: { instrument: 'NSE:INFY', side: 'SIDE_BUY', ordType: 'ORD_TYPE_MARKET', timeInForce: 'TIME_IN_FORCE_DAY', orderQty: '1' },
};
const cash = { adjustmentId: 'nul', currency: 'INR', amount: '1' };
const account = { name: 'X', baseCurrency: 'INR', riskGroupId: 'X' };

export const askedRows: readonly AskedRow[] = [
  {
    name: 'a page token beyond every sequence',
    path: '/v1/accounts/BAD/orders?pageToken=99999999999999999999999',
    told: '400 FIELD_MALFORMED pageToken',
  },
  { name: 'an orderId of NUL', path: '/v1/accounts/BAD/orders/%00', told: '404 ORDER_UNKNOWN orderId' },
  { name: 'an orderId of NUL to explain', path: '/v1/accounts/BAD/orders/%00/explain', told: '404 ORDER_UNKNOWN orderId' },
  {
    name: 'a cancel of an order that there is not',
    method: 'DELETE',
    path: `/v1/accounts/BAD/orders/${'0'.repeat(24)}?clOrdId=c-1`,
    told: '404 ORDER_UNKNOWN orderId',
  },
  {
    name: 'a replace of an order that there is not',
    method: 'PATCH',
    path: `/v1/accounts/BAD/orders/${'0'.repeat(24)}`,
    body: { clOrdId: 'r-1', orderQty: '1' },
    told: '404 ORDER_UNKNOWN orderId',
  },
  {
    name: 'a cancel of what is no order',
    method: 'DELETE',
    path: '/v1/accounts/BAD/orders/nope?clOrdId=c-1',
    told: '400 FIELD_MALFORMED orderId',
  },
  {
    name: 'an account of NUL to explain',
    path: `/v1/accounts/%00/orders/${'0'.repeat(24)}/explain`,
    told: '404 ACCOUNT_UNKNOWN accountId',
  },
  { name: 'an account of NUL', path: '/v1/accounts/%00', told: '404 ACCOUNT_UNKNOWN accountId' },
  { name: 'the orders of an account of NUL', path: '/v1/accounts/%00/orders', told: '404 ACCOUNT_UNKNOWN accountId' },
  { name: 'the positions of an account of NUL', path: '/v1/accounts/%00/positions', told: '404 ACCOUNT_UNKNOWN accountId' },
  { name: 'an instrument of NUL in a list', path: '/v1/accounts/BAD/orders?instrument=%00', told: '400 FIELD_MALFORMED instrument' },
  {
    name: 'cash with NUL in its reason',
    method: 'POST',
    path: '/v1/accounts/BAD/cash',
    body: { ...cash, text: 'x\u0000y' },
    told: '400 FIELD_MALFORMED text',
  },
  {
    name: 'an account with a line break in its name',
    method: 'PUT',
    path: '/v1/accounts/LINES',
    body: { ...account, name: 'a\nb' },
    told: '400 FIELD_MALFORMED name',
  },
  {
    name: 'an account routed to a session that there is not',
    method: 'PUT',
    path: '/v1/accounts/NOSESSION',
    body: { ...account, routes: [{ brokerAccountId: 'PAPER-X', sessionId: 'nobody' }] },
    told: '400 FIELD_NOT_ALLOWED routes[0].sessionId',
  },
  {
    name: 'an account routed to a broker account of another risk group',
    method: 'PUT',
    path: '/v1/accounts/STRANGER',
    body: { ...account, routes: [{ brokerAccountId: 'PAPER-BAD', sessionId: 'paper-bad' }] },
    told: '400 FIELD_NOT_ALLOWED routes',
  },
  {
    name: 'a halt with NUL in its reason',
    method: 'POST',
    path: '/v1/halts',
    body: { scope: 'HALT_SCOPE_ACCOUNT', key: 'BAD', text: 'x\u0000y' },
    told: '400 FIELD_MALFORMED text',
  },
  // Whatever an operator does says why.
  ...(
    [
      ['PUT', '/v1/accounts/BAD/trading-state', { tradingState: 'TRADING_STATE_HALTED' }],
      ['POST', '/v1/accounts/BAD/cash', cash],
      ['PUT', '/v1/accounts/BAD/limits', { limits: { orderQtyMax: '1' } }],
      ['PUT', '/v1/risk-groups/BAD/limits', { limits: { orderQtyMax: '1' } }],
      ['POST', '/v1/halts', { scope: 'HALT_SCOPE_ACCOUNT', key: 'BAD' }],
      ['DELETE', '/v1/halts/nobody', undefined],
    ] as const
  ).map(([method, path, body]) => ({
    name: `${method} ${path} without a reason`,
    method,
    path,
    ...(body !== undefined && { body }),
    told: '400 FIELD_REQUIRED text',
  })),
  { name: 'a release of a halt that there is not', method: 'DELETE', path: '/v1/halts/nobody?text=done', told: '404 HALT_UNKNOWN haltId' },
  ...[-1, 2 ** 53, 2 ** 63].map((quoteAgeMaxMs) => ({
    name: `an age of ${quoteAgeMaxMs} as a limit`,
    method: 'PUT' as const,
    path: '/v1/accounts/BAD/limits',
    body: { limits: { quoteAgeMaxMs }, text: 'x' },
    told: '400 OUT_OF_RANGE limits.quoteAgeMaxMs',
  })),
  {
    name: 'a page of more orders than a count holds',
    path: '/v1/accounts/BAD/orders?pageSize=9999999999999999',
    told: '400 OUT_OF_RANGE pageSize',
  },
  {
    name: 'no clOrdId, for an account that there is not',
    method: 'POST',
    path: '/v1/accounts/NOBODY/orders',
    body: order,
    told: '400 FIELD_REQUIRED clOrdId',
  },
  {
    name: 'no token, with a field that there is not',
    method: 'POST',
    path: '/v1/accounts/BAD/orders',
    body: { colour: 'red' },
    isAnonymous: true,
    told: '401 UNAUTHENTICATED',
  },
  { name: 'quotes of what is no instrument', path: '/v1/quotes?instrumentIds=NOPE', told: '404 INSTRUMENT_UNKNOWN instrumentIds[0]' },
  { name: 'the risk of an account, without its group', path: '/v1/accounts/BAD/risk', told: '400 FIELD_REQUIRED riskGroupId' },
  {
    name: 'the risk of an account in another group',
    path: '/v1/accounts/BAD/risk?riskGroupId=NOPE',
    told: '404 ACCOUNT_UNKNOWN riskGroupId',
  },
  { name: 'no such path', path: '/v1/nothing', told: '404 PATH_UNKNOWN' },
  { name: 'a method that the path does not take', method: 'DELETE', path: '/v1/accounts/BAD', told: '405 PATH_UNKNOWN' },
  {
    name: 'a replace by clOrdId that names an orderId',
    method: 'PATCH',
    path: '/v1/accounts/BAD/orders/by-cl-ord-id',
    body: { clOrdId: 'R-1', orderId: 'x', origClOrdId: 'A-1', orderQty: '1' },
    told: '400 FIELD_NOT_ALLOWED orderId',
  },
];

/** Commands over gRPC without the reason that they need: the method and the request. */
export const unreasonedRows = [
  ['SetTradingState', SetTradingStateRequest.encode({ accountId: 'BAD', tradingState: TradingState.HALTED, text: '' }).finish()],
  ['AdjustCash', AdjustCashRequest.encode({ ...cash, accountId: 'BAD', text: ' ' }).finish()],
] as const;
