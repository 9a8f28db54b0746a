// The instruments that orders may name, as instrument-loader tells them.
import { type Calls, INSTRUMENT_SERVICE, Reason } from '@switchyard/contracts';
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type InstrumentBook, type ResolvedInstrument } from '@switchyard/orders-core';
import { StreamFollower } from '@switchyard/platform/calls';
import { type Logger } from 'pino';

export class InstrumentWatch implements InstrumentBook {
  readonly #byId = new Map<string, Instrument>();
  /** EXCHANGE:SYMBOL → ids; more than one is ambiguous. */
  readonly #idsBySymbol = new Map<string, Set<string>>();
  readonly #follower;

  constructor(calls: Calls, log: Logger) {
    this.#follower = new StreamFollower({
      what: 'the instruments',
      log,
      open: () => calls.any(INSTRUMENT_SERVICE).watchInstruments({}, {}),
      take: ({ instruments, snapshotEnd }) => {
        for (const instrument of instruments) this.#put(instrument);
        return snapshotEnd;
      },
    });
  }

  start(): void {
    this.#follower.start();
  }

  stop(): void {
    this.#follower.stop();
  }

  ready(): true | string {
    return this.#follower.ready();
  }

  resolve(text: string): ResolvedInstrument | { readonly reason: Reason.INSTRUMENT_UNKNOWN | Reason.INSTRUMENT_AMBIGUOUS } {
    const ids = this.#idsBySymbol.get(text.toUpperCase());
    if (ids !== undefined && ids.size > 1) return { reason: Reason.INSTRUMENT_AMBIGUOUS };
    const [id = text] = ids ?? [];
    const instrument = this.#byId.get(id);
    if (instrument === undefined) return { reason: Reason.INSTRUMENT_UNKNOWN };
    return { instrumentId: instrument.instrumentId, currency: instrument.currency };
  }

  #put(instrument: Instrument): void {
    const former = this.#byId.get(instrument.instrumentId);
    if (former !== undefined) this.#idsBySymbol.get(symbolOf(former))?.delete(former.instrumentId);
    this.#byId.set(instrument.instrumentId, instrument);
    const ids = this.#idsBySymbol.get(symbolOf(instrument)) ?? new Set();
    this.#idsBySymbol.set(symbolOf(instrument), ids.add(instrument.instrumentId));
  }
}

const symbolOf = ({ exchange, symbol }: Instrument): string => `${exchange}:${symbol}`.toUpperCase();
