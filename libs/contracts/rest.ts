/**
 * REST: which path is which call. Bodies are the protobuf messages as JSON (https://protobuf.dev/programming-guides/json/), of which the OpenAPI document says
 * what is narrower here; errors are problem+json.
 */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for fields of the request that stand in the path. */
  readonly path: string;
  /** Full name of the service. */
  readonly service: string;
  /** Key of the method in the service's definition. */
  readonly rpc: string;
  /** Where another route is the same call. */
  readonly operationId?: string;
  /** Fields that stand in the query (GET, DELETE); all others of the request are the body's. */
  readonly query?: readonly string[];
  /** Those of the query without which the call is refused here. */
  readonly required?: readonly string[];
  /** Fields of the request that this address takes neither in the query nor in the body, each with the rule that says so. */
  readonly leftOut?: Readonly<Record<string, string>>;
}

const account = '/v1/accounts/:accountId';

export const REST_ROUTES: readonly RestRoute[] = [
  { method: 'POST', path: `${account}/orders`, service: 'orders.v1.OrderService', rpc: 'placeOrder' },
  {
    method: 'GET',
    path: `${account}/orders`,
    service: 'orders.v1.OrderService',
    rpc: 'listOrders',
    query: ['ordStatuses', 'openOnly', 'instrument', 'pageSize', 'pageToken'],
  },
  { method: 'POST', path: `${account}/orders/preview`, service: 'orders.v1.OrderService', rpc: 'previewOrder' },
  { method: 'POST', path: `${account}/orders/cancel-all`, service: 'orders.v1.OrderService', rpc: 'cancelAll' },
  // An order by the caller's own id, which stands in the query or the body: in a path "/" and ".." would not survive.
  {
    method: 'GET',
    path: `${account}/orders/by-cl-ord-id`,
    service: 'orders.v1.OrderService',
    rpc: 'getOrder',
    operationId: 'getOrderByClOrdId',
    query: ['clOrdId'],
    required: ['clOrdId'],
  },
  {
    method: 'PATCH',
    path: `${account}/orders/by-cl-ord-id`,
    service: 'orders.v1.OrderService',
    rpc: 'replaceOrder',
    operationId: 'replaceOrderByClOrdId',
    leftOut: { orderId: 'must be left out: the address says that the order is named by origClOrdId' },
  },
  {
    method: 'DELETE',
    path: `${account}/orders/by-cl-ord-id`,
    service: 'orders.v1.OrderService',
    rpc: 'cancelOrder',
    operationId: 'cancelOrderByClOrdId',
    query: ['clOrdId', 'origClOrdId'],
    required: ['clOrdId', 'origClOrdId'],
  },
  { method: 'GET', path: `${account}/orders/:orderId`, service: 'orders.v1.OrderService', rpc: 'getOrder' },
  { method: 'PATCH', path: `${account}/orders/:orderId`, service: 'orders.v1.OrderService', rpc: 'replaceOrder' },
  {
    method: 'DELETE',
    path: `${account}/orders/:orderId`,
    service: 'orders.v1.OrderService',
    rpc: 'cancelOrder',
    query: ['clOrdId'],
    required: ['clOrdId'],
  },
  { method: 'GET', path: `${account}/orders/:orderId/explain`, service: 'orders.v1.OrderService', rpc: 'explainOrder' },
  { method: 'GET', path: '/v1/accounts', service: 'orders.v1.AccountService', rpc: 'listAccounts' },
  { method: 'GET', path: account, service: 'orders.v1.AccountService', rpc: 'getAccount' },
  { method: 'PUT', path: account, service: 'orders.v1.AccountService', rpc: 'putAccount' },
  { method: 'POST', path: `${account}/cash`, service: 'orders.v1.AccountService', rpc: 'adjustCash' },
  { method: 'PUT', path: `${account}/trading-state`, service: 'orders.v1.AccountService', rpc: 'setTradingState' },
  { method: 'GET', path: `${account}/positions`, service: 'positions.v1.PositionService', rpc: 'listPositions', query: ['includeFlat'] },
  {
    method: 'GET',
    path: `${account}/ledger`,
    service: 'positions.v1.PositionService',
    rpc: 'listLedger',
    query: ['pageSize', 'pageToken'],
  },
  { method: 'GET', path: `${account}/risk`, service: 'risk.v1.RiskService', rpc: 'getRiskState', query: ['riskGroupId'] },
  { method: 'PUT', path: `${account}/limits`, service: 'risk.v1.RiskService', rpc: 'setLimits' },
  {
    method: 'PUT',
    path: '/v1/risk-groups/:riskGroupId/limits',
    service: 'risk.v1.RiskService',
    rpc: 'setLimits',
    operationId: 'setLimitsOfRiskGroup',
  },
  {
    method: 'GET',
    path: '/v1/instruments',
    service: 'instruments.v1.InstrumentService',
    rpc: 'searchInstruments',
    query: ['query', 'limit'],
  },
  { method: 'GET', path: '/v1/instruments/:instrument', service: 'instruments.v1.InstrumentService', rpc: 'getInstrument' },
  { method: 'GET', path: '/v1/quotes', service: 'marketdata.v1.MarketDataService', rpc: 'getQuotes', query: ['instrumentIds'] },
  { method: 'GET', path: '/v1/sessions', service: 'brokers.v1.BrokerService', rpc: 'listSessions' },
  { method: 'PUT', path: '/v1/sessions/:sessionId', service: 'brokers.v1.BrokerService', rpc: 'putSession' },
  { method: 'GET', path: '/v1/halts', service: 'risk.v1.RiskService', rpc: 'listHalts' },
  { method: 'POST', path: '/v1/halts', service: 'risk.v1.RiskService', rpc: 'halt' },
  { method: 'DELETE', path: '/v1/halts/:haltId', service: 'risk.v1.RiskService', rpc: 'release', query: ['text'] },
];

/** Names of the fields in a path. */
export function pathFields(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
}
