/** A gateway that answers as the platform does, over real gRPC, and the command line against it. */
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  CallError,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  MATCHING_SERVICE,
  ORDER_READERS,
  ORDER_SERVICE,
  OrdStatus,
  POSITION_SERVICE,
  Reason,
  RISK_SERVICE,
  StatusCode,
} from '@switchyard/contracts';
import { GetInstrumentResponse, SearchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import {
  ExplainOrderResponse,
  ListOrdersResponse,
  PlaceOrderResponse,
  type PlaceOrderRequest,
} from '@switchyard/contracts/gen/orders/v1/service';
import { GetDepthResponse } from '@switchyard/contracts/gen/matching/v1/depth';
import { SetPhaseResponse } from '@switchyard/contracts/gen/matching/v1/service';
import { ListPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
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
    const terminal = {
      env: {},
      write: (text: string) => void (out += text),
      writeError: (text: string) => void (err += text),
      signal: new AbortController().signal,
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
      explainOrder: async (asked: object) => (expect(asked).toMatchObject({ orderId }), ExplainOrderResponse.fromPartial(this.answer())),
    },
    MatchingService: {
      getDepth: async (request: object) => (this.askedOfVenue.push(request), GetDepthResponse.fromPartial(this.answer())),
      setPhase: async (request: object) => (this.askedOfVenue.push(request), SetPhaseResponse.fromPartial(this.answer())),
      massCancel: async (request: object) => (this.askedOfVenue.push(request), { canceledCount: 3 }),
    },
    ReaderService: {
      listParked: async () => this.answer(),
      replayParked: async (request: object) => (this.askedOfVenue.push(request), this.answer()),
    },
    PositionService: { listPositions: async () => ListPositionsResponse.fromPartial(this.answer()) },
    InstrumentService: {
      getInstrument: async () => GetInstrumentResponse.fromPartial({ instrument: infosys }),
      searchInstruments: async () => SearchInstrumentsResponse.fromPartial({ instruments: [infosys] }),
    },
  };
}
