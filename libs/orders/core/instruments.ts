// The instruments that orders may name, as instrument-loader tells them.
import { Reason } from '@switchyard/contracts';
import { type Instrument, InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { type InstrumentBook } from './ports.js';

export class InstrumentTable implements InstrumentBook {
  readonly #byId = new Map<string, Instrument>();
  /** EXCHANGE:SYMBOL, or the symbol alone → ids. */
  readonly #idsByName = new Map<string, Set<string>>();

  /** Takes a new instrument, or a known one as it is now. */
  put(instrument: Instrument): void {
    const former = this.#byId.get(instrument.instrumentId);
    if (former !== undefined) for (const name of namesOf(former)) this.#idsByName.get(name)?.delete(former.instrumentId);
    this.#byId.set(instrument.instrumentId, instrument);
    for (const name of namesOf(instrument)) {
      const ids = this.#idsByName.get(name) ?? new Set();
      this.#idsByName.set(name, ids.add(instrument.instrumentId));
    }
  }

  resolve(text: string): ReturnType<InstrumentBook['resolve']> {
    const ids = this.#byId.has(text) ? [text] : this.#idsNamed(text.toUpperCase());
    if (ids.length > 1) return { reason: Reason.INSTRUMENT_AMBIGUOUS };
    const instrument = this.#byId.get(ids[0] ?? text);
    if (instrument === undefined) return { reason: Reason.INSTRUMENT_UNKNOWN };
    return { instrumentId: instrument.instrumentId, currency: instrument.currency };
  }

  /** Who has the name; more than one is ambiguous. An exchange may give a listing of an expired instrument to another one: until then the last one keeps it. */
  #idsNamed(name: string): readonly string[] {
    const ids = [...(this.#idsByName.get(name) ?? [])];
    const living = ids.filter((id) => this.#byId.get(id)?.status !== InstrumentStatus.EXPIRED);
    return living.length > 0 ? living : ids.slice(-1);
  }
}

/** What names an instrument beside its id, as instrument-loader has it: its symbol alone is free again once it is expired. */
function namesOf({ exchange, symbol, status }: Instrument): string[] {
  const names = status === InstrumentStatus.EXPIRED ? [`${exchange}:${symbol}`] : [`${exchange}:${symbol}`, symbol];
  return names.map((name) => name.toUpperCase());
}
