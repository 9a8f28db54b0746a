// The role order-gateway: what it serves, calls and publishes, and how its module is wired.
import { HttpAdapterHost } from '@nestjs/core';
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  type Calls,
  EXECUTIONS_TOPIC,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  ORDER_READERS,
  ORDER_SERVICE,
  ORDERS_JOURNAL,
  ORDERS_TOPIC,
  OWNER_SERVICE,
  POSITION_READERS,
  POSITION_SERVICE,
  RISK_SERVICE,
} from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { BUS, CALLS, CLOCK, CONFIG, LOG, POOL, PROCESS, type ProcessInfo, type Role } from '@switchyard/platform/run-roles';
import { type Server } from 'node:http';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type OrdersConfig, ordersConfig } from './orders.config.js';
import { OrderEventsSocket } from './order-events.socket.js';
import { Orders } from './orders.js';
import { PageController } from './page.controller.js';
import { restController } from './rest.controller.js';

export const ORDERS = Symbol('orders');

class OrdersModule {}

/** What REST mirrors. */
const restContracts = [
  ORDER_SERVICE,
  ACCOUNT_SERVICE,
  POSITION_SERVICE,
  RISK_SERVICE,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  BROKER_SERVICE,
];

/** The public edge, and the owners of accounts. */
export const ordersRole: Role = {
  name: 'order-gateway',
  noun: 'orders',
  serves: [ORDER_SERVICE, ACCOUNT_SERVICE, OWNER_SERVICE, ORDERS_JOURNAL, ORDER_READERS],
  calls: [RISK_SERVICE, BROKER_SERVICE, INSTRUMENT_SERVICE, MARKET_DATA_SERVICE, POSITION_SERVICE],
  // What an app reads, and what its operators do, comes through the edge.
  proxies: [
    { contract: POSITION_READERS, methods: ['listParked', 'replayParked'] },
    { contract: POSITION_SERVICE, methods: ['listPositions', 'getPosition', 'streamPositions', 'listLedger', 'verifyAccount'] },
    { contract: INSTRUMENT_SERVICE, methods: ['getInstrument', 'searchInstruments', 'watchInstruments'] },
    { contract: MARKET_DATA_SERVICE, methods: ['getQuotes', 'streamQuotes'] },
    { contract: RISK_SERVICE, methods: ['getRiskState', 'setLimits', 'halt', 'release', 'listHalts'] },
    { contract: BROKER_SERVICE, methods: ['putSession', 'listSessions', 'watchSessions', 'resolveDoubt'] },
  ],
  reads: [],
  publishes: [ORDERS_TOPIC, EXECUTIONS_TOPIC],
  config: ordersConfig,
  failpoints: ['orders.after-commit', 'orders.before-dispatch', 'orders.before-fold'],
  lifecycle: [ORDERS],
  module: () => ({
    module: OrdersModule,
    controllers: [restController(restContracts), PageController],
    providers: [
      {
        provide: ORDERS,
        inject: [CONFIG('order-gateway'), POOL('orders'), CALLS, CLOCK, LOG, BUS, PROCESS],
        useFactory: (config: OrdersConfig, pool: Pool, calls: Calls, clock: Clock, log: Logger, bus: EventBus, process: ProcessInfo) =>
          new Orders({ config, pool, calls, clock, log, bus, process }),
      },
      {
        provide: OrderEventsSocket,
        inject: [CALLS, HttpAdapterHost],
        useFactory: (calls: Calls, { httpAdapter }: HttpAdapterHost) =>
          new OrderEventsSocket(calls, () => httpAdapter.getHttpServer() as Server),
      },
      { provide: ORDER_SERVICE.token, inject: [ORDERS], useFactory: (orders: Orders) => orders.orderHandlers },
      { provide: ACCOUNT_SERVICE.token, inject: [ORDERS], useFactory: (orders: Orders) => orders.accountHandlers },
      { provide: OWNER_SERVICE.token, inject: [ORDERS], useFactory: (orders: Orders) => orders.ownerHandlers },
      { provide: ORDERS_JOURNAL.token, inject: [ORDERS], useFactory: (orders: Orders) => orders.journalHandlers },
      { provide: ORDER_READERS.token, inject: [ORDERS], useFactory: (orders: Orders) => orders.readerHandlers },
    ],
    exports: [ORDERS, ORDER_SERVICE.token, ACCOUNT_SERVICE.token, OWNER_SERVICE.token, ORDERS_JOURNAL.token, ORDER_READERS.token],
  }),
};
