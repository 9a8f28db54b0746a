/** Every service that a role serves: the only way from one noun to another. */
import { type RoleName, type ServiceContract, type ServiceDefinition } from './calls.js';
import { BrokerServiceDefinition } from './gen/brokers/v1/service.js';
import { InstrumentServiceDefinition } from './gen/instruments/v1/service.js';
import { MarketDataServiceDefinition } from './gen/marketdata/v1/service.js';
import { MatchingServiceDefinition } from './gen/matching/v1/service.js';
import { AccountServiceDefinition, OrderServiceDefinition, OwnerServiceDefinition } from './gen/orders/v1/service.js';
import { JournalServiceDefinition, type ReadJournalRequest, ReaderServiceDefinition } from './gen/platform/v1/journal.js';
import { PositionServiceDefinition } from './gen/positions/v1/service.js';
import { RiskServiceDefinition } from './gen/risk/v1/service.js';

function contract<D extends ServiceDefinition>(role: RoleName, definition: D): ServiceContract<D> {
  return { definition, role, token: Symbol(definition.fullName) };
}

export const ORDER_SERVICE = contract('order-gateway', OrderServiceDefinition);
export const ACCOUNT_SERVICE = contract('order-gateway', AccountServiceDefinition);
export const OWNER_SERVICE = contract('order-gateway', OwnerServiceDefinition);
export const RISK_SERVICE = contract('risk-engine', RiskServiceDefinition);
export const BROKER_SERVICE = contract('broker-connector', BrokerServiceDefinition);
export const MATCHING_SERVICE = contract('matching-engine', MatchingServiceDefinition);
export const POSITION_SERVICE = contract('position-tracker', PositionServiceDefinition);
export const INSTRUMENT_SERVICE = contract('instrument-loader', InstrumentServiceDefinition);
export const MARKET_DATA_SERVICE = contract('market-data', MarketDataServiceDefinition);

/** @param streams the first part of the names of the journal's streams. */
function journal(role: RoleName, streams: string): ServiceContract<typeof JournalServiceDefinition> {
  const takes = (request: unknown): boolean => (request as ReadJournalRequest).stream.split('/')[0] === streams;
  return { ...contract(role, JournalServiceDefinition), takes };
}

/** The journal of a noun, read by others to fill gaps; one contract a producing role, all with the same definition. */
export const ORDERS_JOURNAL = journal('order-gateway', 'orders');
export const POSITIONS_JOURNAL = journal('position-tracker', 'positions');
export const RISK_JOURNAL = journal('risk-engine', 'risk');

/** Operators' commands on what a role reads and parked; one contract a role, told apart by the reader's name. */
function readers(role: RoleName, takesReader: (reader: string) => boolean): ServiceContract<typeof ReaderServiceDefinition> {
  return { ...contract(role, ReaderServiceDefinition), takes: (request) => takesReader((request as { reader: string }).reader) };
}

/** Of the account owners: their only reader is "orders". */
export const ORDER_READERS = readers('order-gateway', (reader) => reader === 'orders');
export const POSITION_READERS = readers('position-tracker', (reader) => reader !== 'orders');
