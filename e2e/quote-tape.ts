/** What was quoted of one instrument while something happened. */
import { type SwitchyardClient } from '@switchyard/client';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { eventually } from '@switchyard/testkit';
import { scaled } from './world.js';

export class QuoteTape {
  readonly #quotes: Quote[] = [];
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();

  private constructor() {}

  /** Resolves when a quote came that is newer than the first one: a venue that is a little behind has the first one by then. */
  static async open(client: SwitchyardClient, symbol: string): Promise<QuoteTape> {
    const { instrument } = await client.instruments.get({ instrument: symbol });
    const tape = new QuoteTape();
    tape.#following = tape.#follow(client, instrument?.instrumentId ?? '');
    await tape.#more();
    return tape;
  }

  /** The lowest and the highest ask of all quotes, scaled by 1e9, up to one that came after now. */
  async close(): Promise<{ readonly bestAsk: bigint; readonly deepestAsk: bigint }> {
    await this.#more();
    this.#stop.abort();
    await this.#following;
    const asks = this.#quotes.flatMap((quote) => quote.asks.map(({ price }) => scaled(price)));
    const extreme = (isBeyond: (price: bigint, other: bigint) => boolean): bigint =>
      asks.reduce((found, price) => (isBeyond(price, found) ? price : found));
    return { bestAsk: extreme((price, other) => price < other), deepestAsk: extreme((price, other) => price > other) };
  }

  async #follow(client: SwitchyardClient, instrumentId: string): Promise<void> {
    for await (const { quotes } of client.quotes.follow([instrumentId], { signal: this.#stop.signal })) this.#quotes.push(...quotes);
  }

  async #more(): Promise<void> {
    const count = this.#quotes.length;
    await eventually(() => this.#quotes.length >= Math.max(2, count + 1), { what: 'a newer quote' });
  }
}
