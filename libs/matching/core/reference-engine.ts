// The readable engine: one `Book` an instrument.
import { hash } from 'node:crypto';
import { type Side } from '@switchyard/contracts';
import { Book } from './book.js';
import { type DepthLevel, type EngineOrder, type MatchingEngine, type Placement, type RestingOrder } from './engine.js';

/** A MatchingEngine made of readable books. */
export class ReferenceEngine implements MatchingEngine {
  readonly #books: Book[] = [];
  /** In which book an order rests. */
  readonly #bookOf = new Map<number, Book>();

  place(order: EngineOrder): Placement {
    const book = this.#book(order.book);
    return this.#remember(order.orderId, book, book.place(order));
  }

  cancel(orderId: number): number | undefined {
    const openQty = this.#bookOf.get(orderId)?.cancel(orderId);
    this.#bookOf.delete(orderId);
    return openQty;
  }

  replace(orderId: number, price: number, openQty: number): Placement | undefined {
    const book = this.#bookOf.get(orderId);
    const placement = book?.replace(orderId, price, openQty);
    return book === undefined || placement === undefined ? undefined : this.#remember(orderId, book, placement);
  }

  depth(book: number, side: Side.BUY | Side.SELL, levels: number): DepthLevel[] {
    return this.#book(book).depth(side, levels);
  }

  *resting(): Iterable<RestingOrder> {
    for (const book of this.#books) yield* book.resting();
  }

  validateInternalState(): void {
    for (const book of this.#books) book.validateInternalState();
  }

  stateHash(): string {
    let text = '';
    for (const { book, side, price, orderId, qty } of this.resting()) text += `${book} ${side} ${price} ${orderId} ${qty}\n`;
    return hash('sha256', text);
  }

  #book(index: number): Book {
    while (this.#books.length <= index) this.#books.push(new Book(this.#books.length));
    return this.#books[index] as Book;
  }

  #remember(orderId: number, book: Book, placement: Placement): Placement {
    if (placement.outcome === 'rests') this.#bookOf.set(orderId, book);
    else this.#bookOf.delete(orderId);
    for (const { makerOrderId } of placement.fills) if (!book.rests(makerOrderId)) this.#bookOf.delete(makerOrderId);
    return placement;
  }
}
