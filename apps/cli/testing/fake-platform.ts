/** A gateway that answers as the platform does, over real gRPC, and the command line against it. */
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  CallError,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  MATCHING_SERVICE,
  type MessageStream,
  ORDER_READERS,
  ORDER_SERVICE,
  OrdStatus,
  POSITION_SERVICE,
  Reason,
  RISK_SERVICE,
  StatusCode,
} from '@switchyard/contracts';
import { ListSessionsResponse } from '@switchyard/contracts/gen/brokers/v1/service';
import { GetInstrumentResponse, SearchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import {
  CancelAllResponse,
  CancelOrderResponse,
  ExplainOrderResponse,
  ListAccountsResponse,
  ListOrdersResponse,
  PlaceOrderResponse,
  type PlaceOrderRequest,
  PreviewOrderResponse,
  ReplaceOrderResponse,
  StreamOrderEventsResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { GetQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { GetDepthResponse } from '@switchyard/contracts/gen/matching/v1/depth';
import { SetPhaseResponse } from '@switchyard/contracts/gen/matching/v1/service';
import { ListParkedResponse, ReplayParkedResponse } from '@switchyard/contracts/gen/platform/v1/journal';
import { ListLedgerResponse, ListPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { HaltResponse, ListHaltsResponse, ReleaseResponse } from '@switchyard/contracts/gen/risk/v1/service';
import { systemClock } from '@switchyard/kernel';
import { ensureDevKeys, openAuth } from '@switchyard/platform/auth';
import { GrpcTransport } from '@switchyard/platform/grpc';
import { openLog } from '@switchyard/platform/log';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from '../program.js';

const contracts = [
  MATCHING_SERVICE,
  ORDER_READERS,
  ORDER_SERVICE,
  ACCOUNT_SERVICE,
  POSITION_SERVICE,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  RISK_SERVICE,
  BROKER_SERVICE,
];
const infosys = { instrumentId: 'I5', exchange: 'NSE', symbol: 'INFY', name: 'Infosys', tickSize: '0.1', lotSize: '1' };
export const orderId = '4f01m7z41q6bjndnjcryn6fe';

export const stateOf = (fields: object) => ({
  orderId,
  accountId: 'DEMO',
  clOrdId: 'c1',
  content: { instrument: 'I5', side: 1, ordType: 2, timeInForce: 1, orderQty: '10', price: '1500' },
  cumQty: '0',
  leavesQty: '10',
  ...fields,
});

export class FakePlatform {
  readonly dataFolder = mkdtempSync(path.join(tmpdir(), 'switchyard-cli-'));
  placed: PlaceOrderRequest | undefined;
  /** Requests to the venue and to readers, in order. */
  askedOfVenue: object[] = [];
  /** What becomes of an order after the answer to its call. */
  later: object = {};
  answer: () => object = () => ({});
  /** Called with each piece that a command prints: Ctrl-C may follow. */
  printed: (stop: AbortController) => void = () => undefined;
  #transport: GrpcTransport | undefined;

  /** For a spec: it is there before the first test, as at the beginning before each, and gone after the last. */
  static forSpec(): FakePlatform {
    const platform = new FakePlatform();
    beforeAll(() => platform.#open());
    beforeEach(() => {
      platform.placed = undefined;
      platform.askedOfVenue = [];
      platform.later = { ordStatus: OrdStatus.FILLED, cumQty: '10', leavesQty: '0', avgPx: '1499.5' };
      platform.answer = () => ({});
      platform.printed = () => undefined;
    });
    afterAll(() => platform.#close());
    return platform;
  }

  get address(): string {
    return `127.0.0.1:${this.#transport?.port}`;
  }

  /** Runs `switchyard …` and gives what it printed and how it ended. */
  readonly run = async (...args: string[]): Promise<{ out: string; err: string; code: number }> => {
    let [out, err] = ['', ''];
    const stop = new AbortController();
    const terminal = {
      env: {},
      write: (text: string) => {
        out += text;
        this.printed(stop);
      },
      writeError: (text: string) => void (err += text),
      signal: stop.signal,
      exitCode: 0,
    };
    const code = await runProgram(['--address', this.address, '--data-folder', this.dataFolder, ...args], terminal);
    return { out, err, code };
  };

  async #open(): Promise<void> {
    const keys = await ensureDevKeys(path.join(this.dataFolder, 'keys'));
    const auth = openAuth({
      environment: 'sim',
      processName: 'fake',
      clock: systemClock,
      jwks: { file: keys.jwksFile },
      serviceKeyFile: keys.keyFile,
    });
    const log = openLog({ process: 'fake', level: 'silent', format: 'json' });
    this.#transport = new GrpcTransport(contracts, {
      listen: '127.0.0.1:0',
      auth,
      clock: systemClock,
      log,
      handlersOf: (contract) => this.#handlers[contract.definition.name] as never,
    });
    await this.#transport.bind();
  }

  async #close(): Promise<void> {
    await this.#transport?.close();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }

  readonly #handlers: Record<string, Record<string, unknown>> = {
    OrderService: {
      placeOrder: async (request: PlaceOrderRequest) => ((this.placed = request), PlaceOrderResponse.fromPartial(this.answer())),
      getOrder: async ({ clOrdId }: { clOrdId: string }) => {
        if (clOrdId === 'nope') throw new CallError('no such order', { code: StatusCode.NOT_FOUND, reason: Reason.ORDER_UNKNOWN });
        return PlaceOrderResponse.fromPartial({ order: stateOf(this.later) });
      },
      listOrders: async () => ListOrdersResponse.fromPartial(this.answer()),
      cancelOrder: async () => CancelOrderResponse.fromPartial(this.answer()),
      cancelAll: async () => CancelAllResponse.fromPartial(this.answer()),
      replaceOrder: async () => ReplaceOrderResponse.fromPartial(this.answer()),
      previewOrder: async () => PreviewOrderResponse.fromPartial(this.answer()),
      streamOrderEvents: (_: object, stream: MessageStream<never, StreamOrderEventsResponse>) =>
        void stream.send(StreamOrderEventsResponse.fromPartial(this.answer())),
      explainOrder: async (asked: object) => (expect(asked).toMatchObject({ orderId }), ExplainOrderResponse.fromPartial(this.answer())),
    },
    MatchingService: {
      getDepth: async (request: object) => (this.askedOfVenue.push(request), GetDepthResponse.fromPartial(this.answer())),
      setPhase: async (request: object) => (this.askedOfVenue.push(request), SetPhaseResponse.fromPartial(this.answer())),
      massCancel: async (request: object) => (this.askedOfVenue.push(request), { canceledCount: 3 }),
    },
    ReaderService: {
      listParked: async () => ListParkedResponse.fromPartial(this.answer()),
      replayParked: async (request: object) => (this.askedOfVenue.push(request), ReplayParkedResponse.fromPartial(this.answer())),
    },
    PositionService: {
      listPositions: async () => ListPositionsResponse.fromPartial(this.answer()),
      listLedger: async () => ListLedgerResponse.fromPartial(this.answer()),
    },
    AccountService: { listAccounts: async () => ListAccountsResponse.fromPartial(this.answer()) },
    MarketDataService: { getQuotes: async () => GetQuotesResponse.fromPartial(this.answer()) },
    BrokerService: { listSessions: async () => ListSessionsResponse.fromPartial({ sessions: [{ sessionId: 'paper-1' }] }) },
    RiskService: {
      halt: async () => HaltResponse.fromPartial(this.answer()),
      release: async () => ReleaseResponse.fromPartial(this.answer()),
      listHalts: async () => ListHaltsResponse.fromPartial(this.answer()),
    },
    InstrumentService: {
      getInstrument: async () => GetInstrumentResponse.fromPartial({ instrument: infosys }),
      searchInstruments: async () => SearchInstrumentsResponse.fromPartial({ instruments: [infosys] }),
    },
  };
}
