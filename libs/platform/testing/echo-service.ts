/** A service that knows no trading word, for specs. */
import { type ServiceCalls, type ServiceContract, type ServiceHandlers } from '@switchyard/contracts';
import { JournalRow, ReplayParkedRequest, ReplayParkedResponse } from '@switchyard/contracts/gen/platform/v1/journal';

/** A service of each kind of method, with message types that exist. */
const EchoDefinition = {
  name: 'EchoService',
  fullName: 'test.v1.EchoService',
  methods: {
    ask: {
      name: 'Ask',
      requestType: ReplayParkedRequest,
      requestStream: false,
      responseType: ReplayParkedResponse,
      responseStream: false,
      options: {},
    },
    list: {
      name: 'List',
      requestType: ReplayParkedRequest,
      requestStream: false,
      responseType: JournalRow,
      responseStream: true,
      options: {},
    },
    exchange: {
      name: 'Exchange',
      requestType: JournalRow,
      requestStream: true,
      responseType: JournalRow,
      responseStream: true,
      options: {},
    },
  },
} as const;

export const ECHO_SERVICE: ServiceContract<typeof EchoDefinition> = {
  definition: EchoDefinition,
  token: Symbol('EchoService'),
  role: 'order-gateway',
};

export type EchoHandlers = ServiceHandlers<typeof EchoDefinition>;
export type EchoCalls = ServiceCalls<typeof EchoDefinition>;
export const row = (seq: number): JournalRow => JournalRow.fromJSON({ stream: 'orders/00', seq, key: 'DEMO', atMs: 1 });
export const ask = (key: string): ReplayParkedRequest => ({ reader: 'reader', stream: 'orders/00', key });
export const answer = (applied: number): ReplayParkedResponse => ({ applied, ended: true, error: '' });
