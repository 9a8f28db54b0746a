// What is open of an order at its worst, by the judge's own reckoning of what risk holds against the limit.
import { type Message } from '../wire.js';
import { scaled } from './decimal.js';
import { type Fact, isFinal, largest, text } from './facts.js';

/** What an order without a limit price is kept to by the venue, in percent, where the client does not say. */
export const protectionDefault = '3';
const hundred = scaled('100');

/** Folds the facts of one order, in their order. */
export class WorstValue {
  /** The highest price of the market that risk judged the order by. */
  #referencePx = 0n;
  #valuePx = 0n;

  /** Value of what is open after the fact, scaled by 10^18: the greater of old and new quantity at the greatest price that it can come to. */
  fold({ value, state }: Fact): bigint {
    const judgedBy = text((value['risk'] ?? undefined) as Message | undefined, 'referencePrice');
    if (judgedBy !== '') this.#referencePx = largest(this.#referencePx, scaled(judgedBy));
    if (state === undefined || isFinal(state)) return 0n;
    const content = (state['content'] ?? {}) as Message;
    const [replaceQty, replacePrice, replaceStopPx] = [
      text(state, 'replaceQty'),
      text(state, 'replacePrice'),
      text(state, 'replaceStopPx'),
    ];
    let [qty, valuePx] = [scaled(content['orderQty']), this.#priceOf(content)];
    if (replaceQty !== '') {
      const replaced = { ...content, price: replacePrice || content['price'], stopPx: replaceStopPx || content['stopPx'] };
      qty = largest(qty, scaled(replaceQty));
      valuePx = largest(largest(valuePx, this.#valuePx), this.#priceOf(replaced));
    }
    this.#valuePx = valuePx;
    return largest(qty - scaled(state['cumQty']), 0n) * valuePx;
  }

  /** The limit price; for what has none the stop price, or the market's, and the protection above it. */
  #priceOf(content: Message): bigint {
    const [stopPx, ordType] = [text(content, 'stopPx'), text(content, 'ordType')];
    if (ordType === 'ORD_TYPE_LIMIT') return scaled(content['price']);
    if (ordType === 'ORD_TYPE_STOP_LIMIT') return largest(scaled(content['price']), scaled(stopPx));
    const base = stopPx === '' ? this.#referencePx : scaled(stopPx);
    const percent = hundred + scaled(text(content, 'marketProtection') || protectionDefault);
    return (base * percent + hundred - 1n) / hundred;
  }
}
