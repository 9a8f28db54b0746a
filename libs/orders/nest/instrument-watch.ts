// The instruments that orders may name, followed by stream.
import { type Calls, INSTRUMENT_SERVICE, Reason } from '@switchyard/contracts';
import { type InstrumentBook, InstrumentTable } from '@switchyard/orders-core';
import { StreamFollower } from '@switchyard/platform/calls';
import { type Logger } from 'pino';

export class InstrumentWatch implements InstrumentBook {
  readonly #table = new InstrumentTable();
  readonly #follower;

  constructor(calls: Calls, log: Logger) {
    this.#follower = new StreamFollower({
      what: 'the instruments',
      log,
      open: () => calls.any(INSTRUMENT_SERVICE).watchInstruments({}, {}),
      take: ({ instruments, snapshotEnd }) => {
        for (const instrument of instruments) this.#table.put(instrument);
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

  resolve(text: string): ReturnType<InstrumentBook['resolve']> {
    return this.#follower.ready() === true ? this.#table.resolve(text) : { reason: Reason.NOT_READY };
  }
}
