// The roles around risk, as small as the specs need them: an owner that takes halts, a connector that does, instruments, quotes. They answer over gRPC, as the real ones do.
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  CallError,
  type Halt,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  type MessageStream,
  OWNER_SERVICE,
  Reason,
  RISK_SERVICE,
  StatusCode,
} from '@switchyard/contracts';
import { Account } from '@switchyard/contracts/gen/orders/v1/service';
import { type Instrument, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type GetQuotesRequest, type Quote, type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Role } from '@switchyard/platform/run-roles';
import { fakeRole } from '@switchyard/platform/testing';

interface PutHalts {
  readonly haltVersion: number;
  readonly halts: Halt[];
}

export class Neighbours {
  /** Accounts that order-gateway does not have; it has all others, each as a risk group of its own, and those of the specs in `groups`. */
  readonly noAccounts = new Set<string>();
  readonly groups: string[] = [];
  /** Whether order-gateway answers about accounts. */
  accountsDown = false;
  /** What instrument-loader has. */
  instruments: Instrument[] = [];
  /** Whether instrument-loader tells what it has. */
  instrumentsDown = false;
  /** What the stream of quotes begins with. */
  streamed: Quote[] = [];
  /** What GetQuotes has. */
  readonly fetchable = new Map<string, Quote>();
  /** Whether GetQuotes fails. */
  feedDown = false;
  /** How often GetQuotes was asked for an instrument. */
  readonly fetches: string[] = [];
  /** Processes that can't be told halts. */
  readonly deaf = new Set<'owner' | 'connector'>();
  /** The last version that each was told. */
  readonly told = new Map<'owner' | 'connector', PutHalts>();
  readonly #quoteStreams = new Set<MessageStream<never, StreamQuotesResponse>>();

  breakQuoteStreams(): void {
    for (const stream of this.#quoteStreams)
      stream.cancel(new CallError('the feed is down', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE }));
  }

  roles(): Role[] {
    return [
      fakeRole(
        { contract: OWNER_SERVICE, handlers: { putHalts: (request: PutHalts) => this.#take('owner', request) } },
        [{ contract: ACCOUNT_SERVICE, handlers: this.#accountHandlers() }],
        [RISK_SERVICE],
      ),
      fakeRole({
        contract: BROKER_SERVICE,
        handlers: { putHalts: async (request: PutHalts) => ({ ...(await this.#take('connector', request)), processes: [] }) },
      }),
      fakeRole({
        contract: INSTRUMENT_SERVICE,
        handlers: {
          watchInstruments: (_: unknown, stream: MessageStream<never, WatchInstrumentsResponse>) => {
            if (!this.instrumentsDown) stream.send({ instruments: this.instruments, snapshotEnd: true });
          },
        },
      }),
      fakeRole({ contract: MARKET_DATA_SERVICE, handlers: this.#quoteHandlers() }),
    ];
  }

  #quoteHandlers(): object {
    return {
      streamQuotes: (_: unknown, stream: MessageStream<never, StreamQuotesResponse>) => {
        this.#quoteStreams.add(stream);
        stream.onClose(() => this.#quoteStreams.delete(stream));
        stream.send({ quotes: this.streamed, snapshotEnd: true });
      },
      getQuotes: async ({ instrumentIds }: GetQuotesRequest) => {
        this.fetches.push(...instrumentIds);
        if (this.feedDown) throw new CallError('the feed is down', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
        return { quotes: instrumentIds.flatMap((id) => this.fetchable.get(id) ?? []) };
      },
    };
  }

  #accountHandlers(): object {
    return {
      getAccount: async ({ accountId }: { accountId: string }) => {
        this.#mustKnowAccounts();
        if (this.noAccounts.has(accountId))
          throw new CallError('there is no such account', { code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN });
        return { account: Account.fromPartial({ accountId, riskGroupId: accountId }) };
      },
      listAccounts: async () => {
        this.#mustKnowAccounts();
        return { accounts: this.groups.map((riskGroupId) => Account.fromPartial({ accountId: riskGroupId, riskGroupId })) };
      },
    };
  }

  #mustKnowAccounts(): void {
    if (this.accountsDown) throw new CallError('no gateway', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
  }

  async #take(who: 'owner' | 'connector', request: PutHalts): Promise<{ haltVersion: number }> {
    if (this.deaf.has(who)) throw new CallError(`the ${who} does not hear`, { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
    this.told.set(who, request);
    return { haltVersion: request.haltVersion };
  }
}
