// InstrumentService: thin; the book knows everything. Any token may read instruments.
import { CallError, numberRules, Reason, searchLimitMax, type ServiceHandlers, StatusCode } from '@switchyard/contracts';
import {
  type Instrument,
  type InstrumentServiceDefinition,
  type WatchInstrumentsResponse,
} from '@switchyard/contracts/gen/instruments/v1/service';
import { type InstrumentBook } from '@switchyard/instruments-core';
import { ConflatedFeed } from '@switchyard/platform/conflate';
import { type InstrumentLoader } from './instrument-loader.js';

const searchLimitDefault = 20;
const instrumentsPerMessageMax = 100;

export function instrumentService(loader: InstrumentLoader): ServiceHandlers<InstrumentServiceDefinition> {
  return {
    async getInstrument({ instrument: name }) {
      if (name === '') throw invalid('instrument', Reason.FIELD_REQUIRED, 'instrument is given: an instrument id, or EXCHANGE:SYMBOL');
      const found = bookOf(loader).resolve(name);
      if (found.ok) return { instrument: found.value };
      const { reason, text } = found.error;
      if (reason === Reason.INSTRUMENT_AMBIGUOUS) throw invalid('instrument', reason, text);
      throw new CallError(text, { code: StatusCode.NOT_FOUND, reason, violations: [{ field: 'instrument', description: text, reason }] });
    },

    async searchInstruments({ query, limit }) {
      if (query.trim() === '')
        throw invalid('query', Reason.FIELD_REQUIRED, 'query is given: the beginning of a symbol, or of a word of the name');
      if (limit < 0 || limit > searchLimitMax)
        throw invalid('limit', Reason.OUT_OF_RANGE, `limit ${numberRules['SearchInstruments.limit']}`);
      return { instruments: [...bookOf(loader).search(query, limit === 0 ? searchLimitDefault : limit)] };
    },

    watchInstruments(_request, stream) {
      const feed = new ConflatedFeed<Instrument, WatchInstrumentsResponse>(
        stream,
        bookOf(loader).all(),
        {
          keyOf: (instrument) => instrument.instrumentId,
          itemsPerMessageMax: instrumentsPerMessageMax,
          message: (instruments, snapshotEnd) => ({ instruments, snapshotEnd }),
        },
        () => unwatch(),
      );
      const unwatch = loader.onChange((instrument) => feed.changed(instrument));
    },
  };
}

/** An unknown master is not an empty one. */
function bookOf(loader: InstrumentLoader): InstrumentBook {
  if (loader.book !== undefined) return loader.book;
  throw new CallError('the instrument master is not loaded yet', {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.NOT_READY,
    retryAfterMs: 200,
  });
}

function invalid(field: string, reason: Reason, description: string): CallError {
  return new CallError(description, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description, reason }] });
}
