// The neighbours of a venue in a test: one instrument and its quote, then silence, or quotes as the test gives them.
import { INSTRUMENT_SERVICE, MARKET_DATA_SERVICE, type Calls, type MessageStream } from '@switchyard/contracts';
import { InstrumentStatus, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote, type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { linkedStreams } from '@switchyard/matching-core/testing';

export const INFY = 'infy';

export function quoteAround(price: number, seq = 1, instrumentId = INFY): Quote {
  const [bids, asks] = [-0.05, 0.05].map((step) => [{ price: (price + step).toFixed(2), qty: '1000' }]);
  return { instrumentId, seq, atMs: 1, lastPx: String(price), bids: bids ?? [], asks: asks ?? [], previousClose: '1500', source: 'test' };
}

function snapshot<Message>(message: Message): MessageStream<Message, never> {
  const { caller, server } = linkedStreams<never, Message>();
  server.send(message);
  return caller;
}

/** One instrument, and quotes from a stream of the test's. */
export function neighboursWith(streamQuotes: () => MessageStream<StreamQuotesResponse, never>): Calls {
  const instrument = {
    instrumentId: INFY,
    exchange: 'NSE',
    mic: 'XNSE',
    symbol: 'INFY',
    name: 'Infosys',
    isin: '',
    series: 'EQ',
    tickSize: '0.05',
    lotSize: '1',
    freezeQty: '',
    currency: 'INR',
    status: InstrumentStatus.ACTIVE,
    previousClose: '1500',
    masterDate: '2026-04-01',
  };
  const of = (contract: { readonly token: symbol }): unknown => {
    if (contract.token === INSTRUMENT_SERVICE.token)
      return { watchInstruments: () => snapshot<WatchInstrumentsResponse>({ instruments: [instrument], snapshotEnd: true }) };
    if (contract.token === MARKET_DATA_SERVICE.token) return { streamQuotes };
    throw new Error('the venue calls nobody else');
  };
  return { any: of as Calls['any'], at: of as Calls['at'], addressesOf: () => [] };
}

export const neighbours: Calls = neighboursWith(() => snapshot({ quotes: [quoteAround(1500)], snapshotEnd: true }));
