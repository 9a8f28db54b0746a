// The neighbours of a venue in a test: one instrument and its quote, then silence.
import { INSTRUMENT_SERVICE, MARKET_DATA_SERVICE, type Calls, type MessageStream } from '@switchyard/contracts';
import { InstrumentStatus, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { linkedStreams } from '@switchyard/matching-core/testing';

export const INFY = 'infy';

export const neighbours: Calls = (() => {
  const snapshot =
    <Message>(message: Message) =>
    (): MessageStream<Message, never> => {
      const { caller, server } = linkedStreams<never, Message>();
      server.send(message);
      return caller;
    };
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
  const quote = {
    instrumentId: INFY,
    seq: 1,
    atMs: 1,
    lastPx: '1500',
    bids: [{ price: '1499.95', qty: '1000' }],
    asks: [{ price: '1500.05', qty: '1000' }],
    previousClose: '1500',
    source: 'test',
  };
  const of = (contract: { readonly token: symbol }): unknown => {
    if (contract.token === INSTRUMENT_SERVICE.token)
      return { watchInstruments: snapshot<WatchInstrumentsResponse>({ instruments: [instrument], snapshotEnd: true }) };
    if (contract.token === MARKET_DATA_SERVICE.token)
      return { streamQuotes: snapshot<StreamQuotesResponse>({ quotes: [quote], snapshotEnd: true }) };
    throw new Error('the venue calls nobody else');
  };
  return { any: of as Calls['any'], at: of as Calls['at'], addressesOf: () => [] };
})();
