// @switchyard/connectors-port: what a broker is to us. No framework.
export {
  capabilityRefusal,
  fitsTagRule,
  offerOf,
  type BrokerCapabilities,
  type Fact,
  type IdempotencyClass,
  type TagRule,
} from './capabilities.js';
export {
  type BrokerConnector,
  type BrokerPosition,
  type CancelRequest,
  type ConnectOptions,
  type ConnectorContext,
  type ConnectorFactory,
  type ConnectorState,
  type LookUp,
  type ReplaceRequest,
  type SessionListener,
  type SubmitOutcome,
  type SubmitRequest,
} from './connector.js';
export {
  type CanceledExecution,
  type Execution,
  type ExpiredExecution,
  type NewExecution,
  type RejectedExecution,
  type ReplacedExecution,
  type RestatedExecution,
  type TradeExecution,
  type TriggeredExecution,
} from './execution.js';
