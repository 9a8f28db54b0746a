/**
 * Every Kafka topic. A message's value is the event as the journal holds it; the key is the account id or instrument id; the headers say stream, seq and hash
 * (platform/kafka). The real name is `<environment>.<name>`, for example "sim.orders.v1".
 */
import { type RoleName } from './calls.js';

export interface Topic {
  readonly name: string;
  /** The role that publishes it. */
  readonly publisher: RoleName;
  /** Full name of the protobuf message that a value is. */
  readonly message: string;
  /** "stream": gapless per stream. "holes": ordered per stream, with holes. "latest": only the newest value of a key counts (compacted). */
  readonly kind: 'stream' | 'holes' | 'latest';
}

export const ORDERS_TOPIC: Topic = { name: 'orders.v1', publisher: 'order-gateway', message: 'orders.v1.OrderEvent', kind: 'stream' };
export const EXECUTIONS_TOPIC: Topic = {
  name: 'executions.v1',
  publisher: 'order-gateway',
  message: 'orders.v1.OrderEvent',
  kind: 'holes',
};
export const RISK_TOPIC: Topic = { name: 'risk.v1', publisher: 'risk-engine', message: 'risk.v1.RiskEvent', kind: 'stream' };
export const BROKERS_TOPIC: Topic = {
  name: 'brokers.v1',
  publisher: 'broker-connector',
  message: 'brokers.v1.SessionEvent',
  kind: 'latest',
};
export const MATCHING_TOPIC: Topic = {
  name: 'matching.v1',
  publisher: 'matching-engine',
  message: 'matching.v1.VenueEvent',
  kind: 'holes',
};
export const POSITIONS_TOPIC: Topic = {
  name: 'positions.v1',
  publisher: 'position-tracker',
  message: 'positions.v1.PositionEvent',
  kind: 'stream',
};
export const INSTRUMENTS_TOPIC: Topic = {
  name: 'instruments.v1',
  publisher: 'instrument-loader',
  message: 'instruments.v1.Instrument',
  kind: 'latest',
};
export const QUOTES_TOPIC: Topic = { name: 'quotes.v1', publisher: 'market-data', message: 'marketdata.v1.Quote', kind: 'latest' };

export const TOPICS: readonly Topic[] = [
  ORDERS_TOPIC,
  EXECUTIONS_TOPIC,
  RISK_TOPIC,
  BROKERS_TOPIC,
  MATCHING_TOPIC,
  POSITIONS_TOPIC,
  INSTRUMENTS_TOPIC,
  QUOTES_TOPIC,
];
