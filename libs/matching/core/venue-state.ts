// What the venue knows, apart from what its engine knows.
import { type Product } from '@switchyard/contracts';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import { assert } from '@switchyard/kernel';
import { type BookRules, type BookSide, type InForce, type OrderType } from './engine/index.js';
import { type Increments } from './increments.js';

/** An instrument that the venue trades, and its maker's levels. */
export interface Listing {
  readonly instrumentId: string;
  /** The book's number in the engine: another one after its tick or lot changed. */
  book: number;
  increments: Increments;
  /** In ticks and lots. */
  rules: BookRules;
  /** Of the fee table; empty charges nothing. */
  segment: string;
  maker: MakerLevels;
  /** How many orders of sessions are open. */
  openCount: number;
}

/** What the maker shows. */
export interface MakerLevels {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Those of its orders that are open. */
  readonly orderIds: Set<number>;
  /** Something of it was traded or canceled since it was set. */
  isTouched: boolean;
}

/** A maker that shows nothing. */
export function noMakerLevels(): MakerLevels {
  return { bids: [], asks: [], orderIds: new Set(), isTouched: false };
}

/** An order of a session that is not final. */
export interface LiveOrder {
  /** In the engine: used again when its numbers have run out. */
  readonly orderId: number;
  /** At the venue: never used again. */
  readonly orderNo: number;
  readonly sessionId: string;
  readonly tag: string;
  readonly brokerAccountId: string;
  readonly listing: Listing;
  readonly side: BookSide;
  readonly timeInForce: InForce;
  readonly product: Product;
  /** Lots that an iceberg shows; 0 shows all. */
  readonly displayLots: number;
  /** What it is now. */
  ordType: OrderType;
  /** Lots, in all. */
  orderLots: number;
  cumLots: number;
  /** Ticks; 0 without a limit. */
  priceTicks: number;
  /** Ticks; a stop that was triggered keeps it. */
  stopTicks: number;
}

/** Where the executions of an order, and of all requests about it, are: event numbers of the venue, rising. */
export interface History {
  /** The session that sent the requests. */
  readonly sessionId: string;
  /** Tag of the order; of a request that named no known order, its own. */
  readonly orderTag: string;
  readonly eventSeqs: number[];
}

/** A session's executions. */
export interface SessionRecord {
  lastSeq: number;
  /** For execution 1, 1 + n, 1 + 2n …: the number of the event that holds it. */
  readonly checkpoints: number[];
}

/** Every how many executions of a session the venue notes in which event they are. */
export const checkpointEvery = 256;

/** The venue's memory. It is changed by commands alone. */
export class VenueState {
  /** Number of the last event. */
  seq = 0;
  /** Number of the last order, the maker's and takers' included. */
  ordersCount = 0;
  tradesCount = 0;
  /** The last trading date that ended; empty before the first. */
  tradingDate = '';
  readonly listings = new Map<string, Listing>();
  /** By book of the engine: whose it is, or was. */
  readonly books: Listing[] = [];
  readonly sessions = new Map<string, SessionRecord>();
  readonly liveByOrderId = new Map<number, LiveOrder>();
  readonly liveByTag = new Map<string, LiveOrder>();
  readonly histories = new Map<string, History>();
  readonly positions = new Map<string, bigint>();
  /** Broker accounts as the engine knows them: 1, 2, 3 … The maker and takers are 0. */
  readonly accounts = new Map<string, number>();
  /** Which accounts sold which instruments for delivery on the day of the last such sale. */
  readonly deliverySells = { tradingDate: '', keys: new Set<string>() };

  addLive(order: LiveOrder): void {
    this.liveByOrderId.set(order.orderId, order);
    this.liveByTag.set(order.tag, order);
    order.listing.openCount++;
  }

  removeLive(order: LiveOrder): void {
    const known = this.liveByOrderId.delete(order.orderId) && this.liveByTag.delete(order.tag);
    assert(known, 'an order ends once');
    order.listing.openCount--;
  }

  /** In the order in which they came, whatever a map remembers. */
  liveOrders(): LiveOrder[] {
    return [...this.liveByOrderId.values()].sort((a, b) => a.orderNo - b.orderNo);
  }

  historyOf(order: LiveOrder): History {
    const history = this.histories.get(order.tag);
    assert(history !== undefined, 'every order has a history');
    return history;
  }

  addPosition(key: string, qty: bigint): void {
    this.positions.set(key, (this.positions.get(key) ?? 0n) + qty);
  }

  /** Notes a sale for delivery; whether it is the account's first of the instrument on that day. */
  noteDeliverySell(key: string, tradingDate: string): boolean {
    const sold = this.deliverySells;
    if (sold.tradingDate !== tradingDate) {
      sold.tradingDate = tradingDate;
      sold.keys.clear();
    }
    const isFirst = !sold.keys.has(key);
    sold.keys.add(key);
    return isFirst;
  }
}

export function positionKey(brokerAccountId: string, instrumentId: string): string {
  return `${brokerAccountId}/${instrumentId}`;
}
