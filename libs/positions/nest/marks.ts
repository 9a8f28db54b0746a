// The newest quote of each instrument, for unrealised P&L.
import { QUOTES_TOPIC } from '@switchyard/contracts';
import { Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { Price } from '@switchyard/kernel';
import { type EventBus, type Subscription } from '@switchyard/platform/bus';
import { type Mark } from '@switchyard/positions-core';

export class Marks {
  readonly #bus: Pick<EventBus, 'latest'>;
  readonly #marks = new Map<string, Mark>();
  #subscription: Subscription | undefined;

  constructor(bus: Pick<EventBus, 'latest'>) {
    this.#bus = bus;
  }

  start(): void {
    // A quote that can't be read throws, which the bus logs; the former mark stays, with its time.
    this.#subscription = this.#bus.latest(QUOTES_TOPIC, (row) => {
      const { instrumentId, lastPx, atMs } = Quote.decode(row.payload);
      // Feeds send an empty text or zero where nothing was traded yet: neither is a price.
      const px = lastPx === '' ? undefined : Price(lastPx);
      if (px !== undefined && px > 0n) this.#marks.set(instrumentId, { px, atMs });
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
  }

  /** Undefined: no price was ever seen. */
  of(instrumentId: string): Mark | undefined {
    return this.#marks.get(instrumentId);
  }
}
