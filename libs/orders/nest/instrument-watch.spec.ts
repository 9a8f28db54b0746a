import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Calls, Reason } from '@switchyard/contracts';
import { Instrument, InstrumentStatus, WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import pino from 'pino';
import { InstrumentWatch } from './instrument-watch.js';

const listed = (instrumentId: string, exchange: string): Instrument =>
  Instrument.fromPartial({ instrumentId, exchange, symbol: 'INFY', currency: 'INR', status: InstrumentStatus.ACTIVE });

describe('the instruments as instrument-loader tells them', () => {
  let watch: InstrumentWatch;
  let stream: ScriptedStream<WatchInstrumentsResponse, never>;
  const told = (instruments: Instrument[], snapshotEnd: boolean): void =>
    stream.say(WatchInstrumentsResponse.fromPartial({ instruments, snapshotEnd }));

  beforeEach(() => {
    stream = new ScriptedStream();
    watch = new InstrumentWatch({ any: () => ({ watchInstruments: () => stream }) } as unknown as Calls, pino({ level: 'silent' }));
    watch.start();
  });
  afterEach(() => watch.stop());

  it('are not said to be missing, nor to be the only ones, before all were read', () => {
    expect(watch.resolve('NSE:INFY')).toEqual({ reason: Reason.NOT_READY });
    told([listed('i-1', 'NSE')], false);
    expect([watch.resolve('INFY'), watch.resolve('NSE:TCS')]).toEqual([{ reason: Reason.NOT_READY }, { reason: Reason.NOT_READY }]);
    told([listed('i-2', 'BSE')], true);
    expect(watch.resolve('NSE:INFY')).toEqual({ instrumentId: 'i-1', currency: 'INR' });
    expect([watch.resolve('INFY'), watch.resolve('NSE:TCS')]).toEqual([
      { reason: Reason.INSTRUMENT_AMBIGUOUS },
      { reason: Reason.INSTRUMENT_UNKNOWN },
    ]);
  });
});
