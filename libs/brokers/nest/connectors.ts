// Every connector, by the broker's code. The only place that knows which brokers there are.
import { type BrokerCapabilities, type ConnectorFactory } from '@switchyard/connectors-port';
import { paperCapabilities, paperConnector } from '@switchyard/connectors-paper';

/** A broker as this version has it. */
export interface KnownBroker {
  readonly capabilities: BrokerCapabilities;
  readonly connector: ConnectorFactory;
}

export const knownBrokers: Readonly<Record<string, KnownBroker>> = {
  paper: { capabilities: paperCapabilities, connector: paperConnector },
};
