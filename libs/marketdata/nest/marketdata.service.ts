// MarketDataService: thin; the market knows everything. Any token may read quotes.
import { CallError, Reason, type ServiceHandlers, StatusCode } from '@switchyard/contracts';
import { type MarketDataServiceDefinition, type Quote, type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { ConflatedFeed } from '@switchyard/platform/conflate';
import { type Market } from './market.js';

const quotesPerMessageMax = 100;
const instrumentsPerCallMax = 1_000;

export function marketDataService(market: Market): ServiceHandlers<MarketDataServiceDefinition> {
  return {
    async getQuotes({ instrumentIds }) {
      if (instrumentIds.length === 0) throw invalid(Reason.FIELD_REQUIRED, 'instrumentIds has at least one instrument id');
      checkCount(instrumentIds);
      requireKnownMaster(market);
      const unknown = instrumentIds.map((id, at) => ({ id, at })).filter(({ id }) => !market.knows(id));
      if (unknown.length > 0) throw instrumentsUnknown(unknown);
      return { quotes: instrumentIds.map((id) => market.quoteOf(id)).filter((quote) => quote !== undefined) };
    },

    streamQuotes({ instrumentIds }, stream) {
      checkCount(instrumentIds);
      requireKnownMaster(market);
      const wanted = new Set(instrumentIds);
      const isWanted = (quote: Quote): boolean => wanted.size === 0 || wanted.has(quote.instrumentId);
      const feed = new ConflatedFeed<Quote, StreamQuotesResponse>(
        stream,
        market.quotes().filter(isWanted),
        {
          keyOf: (quote) => quote.instrumentId,
          itemsPerMessageMax: quotesPerMessageMax,
          message: (quotes, snapshotEnd) => ({ quotes, snapshotEnd }),
        },
        () => unlisten(),
      );
      const unlisten = market.onQuote((quote) => {
        if (isWanted(quote)) feed.changed(quote);
      });
    },
  };
}

/** Before the master is known, an instrument that is missing here is not one that does not exist. */
function requireKnownMaster(market: Market): void {
  const ready = market.ready();
  if (ready !== true)
    throw new CallError(`market data waits: ${ready}`, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, retryAfterMs: 200 });
}

/** A quote that is asked for by another name than the id is not one that is missing. */
function instrumentsUnknown(unknown: readonly { readonly id: string; readonly at: number }[]): CallError {
  const reason = Reason.INSTRUMENT_UNKNOWN;
  const violations = unknown.map(({ id, at }) => ({
    field: `instrumentIds[${at}]`,
    description: `there is no instrument with the id ${id === '' ? '""' : id}; GetInstrument finds the id by EXCHANGE:SYMBOL`,
    reason,
  }));
  return new CallError(violations[0]?.description ?? '', { code: StatusCode.NOT_FOUND, reason, violations });
}

function checkCount(instrumentIds: readonly string[]): void {
  if (instrumentIds.length > instrumentsPerCallMax)
    throw invalid(Reason.OUT_OF_RANGE, `instrumentIds has at most ${instrumentsPerCallMax} ids; none in a stream means all`);
}

function invalid(reason: Reason, description: string): CallError {
  return new CallError(description, {
    code: StatusCode.INVALID_ARGUMENT,
    reason,
    violations: [{ field: 'instrumentIds', description, reason }],
  });
}
