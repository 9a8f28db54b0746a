// The judge's own fold of an order's facts, told apart from the platform's: FIX 4.4's words, the judge's decimals, fields by the names that proto/ gives them.
import { type Message } from '../wire.js';
import { halfEven, scaled, shown } from './decimal.js';
import { type Fact, largest, text } from './facts.js';

/** What an order is after its facts so far. */
export interface ReplayedOrder {
  readonly ordStatus: string;
  readonly clOrdId: string;
  readonly ordType: string;
  readonly price: string;
  readonly orderQty: bigint;
  readonly cumQty: bigint;
  readonly leavesQty: bigint;
  readonly avgPx: bigint;
  /** Sum of price times quantity of the fills, scaled by 10^18. */
  readonly notional: bigint;
  readonly inDoubt: boolean;
  readonly cancelPending: boolean;
  /** Empty where no replace is pending. */
  readonly replaceQty: string;
  readonly replacePrice: string;
  readonly replaceStopPx: string;
}

/** Facts which show that the broker has the order: a doubt about its placing ends with them. */
const seenAtBroker = new Set(['orderConfirmed', 'orderReplaced', 'orderTriggered', 'orderRestated', 'tradeBooked']);
const ends: Readonly<Record<string, string>> = {
  orderDenied: 'ORD_STATUS_DENIED',
  orderRejected: 'ORD_STATUS_REJECTED',
  orderCanceled: 'ORD_STATUS_CANCELED',
  orderExpired: 'ORD_STATUS_EXPIRED',
};
/** After these the order may have become filled: by a trade, or since less is wanted than was thought. */
const movesQuantity = new Set(['tradeBooked', 'orderReplaced', 'orderRestated', 'requestRejected']);

/** Folds the facts of one order, in their order. Each `fold` gives what the order is then. */
export class OrderReplay {
  #end = '';
  #clOrdId = '';
  #ordType = '';
  #price = '';
  #orderQty = 0n;
  #cumQty = 0n;
  #notional = 0n;
  #isAtBroker = false;
  #cancel: { readonly clOrdId: string } | undefined;
  #replace: { readonly clOrdId: string; readonly qty: bigint; readonly price: string; readonly stopPx: string } | undefined;
  readonly #doubts = new Set<string>();

  fold({ name, value }: Fact): ReplayedOrder {
    if (seenAtBroker.has(name)) {
      this.#isAtBroker = true;
      this.#doubts.delete('REQUEST_KIND_NEW');
    }
    this.#change(name, value);
    const end = ends[name];
    if (end !== undefined) {
      this.#end = end;
      this.#doubts.delete('REQUEST_KIND_NEW');
    }
    if (movesQuantity.has(name) && this.#isFilled()) this.#end = 'ORD_STATUS_FILLED';
    return this.#now();
  }

  #change(name: string, value: Message): void {
    const kind = text(value, 'kind');
    switch (name) {
      case 'orderAccepted':
      case 'orderDenied': {
        const content = (value['content'] ?? {}) as Message;
        this.#clOrdId = text(value, 'clOrdId');
        this.#orderQty = scaled(content['orderQty']);
        this.#ordType = text(content, 'ordType');
        this.#price = text(content, 'price');
        break;
      }
      case 'cancelRequested':
        this.#cancel = { clOrdId: text(value, 'clOrdId') };
        break;
      case 'replaceRequested':
        this.#replace = {
          clOrdId: text(value, 'clOrdId'),
          qty: scaled(value['orderQty']),
          price: text(value, 'price'),
          stopPx: text(value, 'stopPx'),
        };
        break;
      case 'orderReplaced':
        this.#become(value);
        if (this.#replace?.clOrdId === text(value, 'clOrdId')) this.#replaceAnswered(text(value, 'clOrdId'));
        break;
      case 'orderTriggered':
        this.#ordType = text(value, 'ordType');
        break;
      case 'orderRestated':
        this.#ordType = text(value, 'ordType');
        this.#become(value);
        break;
      case 'orderCanceled':
        this.#clOrdId = text(value, 'clOrdId') || this.#clOrdId;
        this.#cancel = undefined;
        this.#replace = undefined;
        this.#doubts.clear();
        break;
      case 'requestRejected':
        if (kind === 'REQUEST_KIND_CANCEL') this.#cancel = undefined;
        else this.#replace = undefined;
        this.#doubts.delete(kind);
        break;
      case 'requestInDoubt':
        this.#doubts.add(kind);
        break;
      case 'doubtResolved':
        this.#doubts.delete(kind);
        if (kind === 'REQUEST_KIND_NEW') this.#isAtBroker = true;
        break;
      case 'tradeBooked':
        this.#cumQty += scaled(value['lastQty']);
        this.#notional += scaled(value['lastQty']) * scaled(value['lastPx']);
        break;
      default: // Says where the order is, or how it ended: see `fold`.
    }
  }

  /** Quantity and price as the broker has them now: never less than what is filled. */
  #become(value: Message): void {
    this.#orderQty = largest(scaled(value['orderQty']), this.#cumQty);
    this.#price = text(value, 'price') || this.#price;
  }

  #replaceAnswered(clOrdId: string): void {
    this.#clOrdId = clOrdId;
    this.#replace = undefined;
    this.#doubts.delete('REQUEST_KIND_REPLACE');
  }

  /** Filled, unless a larger quantity may still be on its way. Late trades fill an order that had ended (FIX 4.4: Filled comes before other ends). */
  #isFilled(): boolean {
    if (this.#cumQty < this.#orderQty) return false;
    return this.#end !== '' || this.#replace === undefined || this.#replace.qty <= this.#cumQty;
  }

  #now(): ReplayedOrder {
    const isOpen = this.#end === '';
    return {
      ordStatus: this.#end || this.#openStatus(),
      clOrdId: this.#clOrdId,
      ordType: this.#ordType,
      price: this.#price,
      orderQty: this.#orderQty,
      cumQty: this.#cumQty,
      leavesQty: isOpen ? largest(this.#orderQty - this.#cumQty, 0n) : 0n,
      avgPx: this.#cumQty === 0n ? 0n : halfEven(this.#notional, this.#cumQty),
      notional: this.#notional,
      inDoubt: isOpen && this.#doubts.size > 0,
      cancelPending: isOpen && this.#cancel !== undefined,
      replaceQty: isOpen && this.#replace !== undefined ? shown(this.#replace.qty) : '',
      replacePrice: isOpen && this.#replace !== undefined ? this.#replace.price : '',
      replaceStopPx: isOpen && this.#replace !== undefined ? this.#replace.stopPx : '',
    };
  }

  #openStatus(): string {
    if (this.#cancel !== undefined) return 'ORD_STATUS_PENDING_CANCEL';
    if (this.#replace !== undefined) return 'ORD_STATUS_PENDING_REPLACE';
    if (this.#cumQty > 0n) return 'ORD_STATUS_PARTIALLY_FILLED';
    return this.#isAtBroker ? 'ORD_STATUS_NEW' : 'ORD_STATUS_PENDING_NEW';
  }
}

/** The order that a fact says it is, in the form of the replay. */
export function toldBy(state: Message): ReplayedOrder & { readonly notional: bigint } {
  const content = (state['content'] ?? {}) as Message;
  return {
    ordStatus: text(state, 'ordStatus'),
    clOrdId: text(state, 'clOrdId'),
    ordType: text(content, 'ordType'),
    price: text(content, 'price'),
    orderQty: scaled(content['orderQty']),
    cumQty: scaled(state['cumQty']),
    leavesQty: scaled(state['leavesQty']),
    avgPx: scaled(state['avgPx']),
    notional: 0n,
    inDoubt: state['inDoubt'] === true,
    cancelPending: state['cancelPending'] === true,
    replaceQty: text(state, 'replaceQty'),
    replacePrice: text(state, 'replacePrice'),
    replaceStopPx: text(state, 'replaceStopPx'),
  };
}
