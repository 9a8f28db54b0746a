// @switchyard/connectors-paper: the paper venue as a broker.
import { type ConnectorFactory } from '@switchyard/connectors-port';
import { PaperConnector } from './paper.connector.js';

export { paperCapabilities } from './paper.capabilities.js';
export { PaperConnector };

/** Makes a connector of one session of the paper venue. */
export const paperConnector: ConnectorFactory = (context) => new PaperConnector(context);
