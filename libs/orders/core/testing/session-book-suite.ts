// What every book of sessions holds to: the one that follows the broker-connectors, and the one that stands in for it.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { OrdType, Product, Reason, TimeInForce } from '@switchyard/contracts';
import { BrokerOffer, Session, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type SessionBook } from '../ports.js';
import { aContent } from './builders.js';

/** A book that was told of no session. */
export interface SessionBookUnderTest {
  readonly book: SessionBook;
  /** A broker-connector tells of a session. */
  tell(session: Session): Promise<void>;
  /** Time goes on, for the book. */
  pass(durationMs: number): Promise<void>;
}

/** Facts about any book of sessions; each is tried with a new one. A spec makes a test of each. */
export const sessionBookFacts: readonly { readonly fact: string; readonly holds: (under: SessionBookUnderTest) => Promise<void> }[] = [
  {
    fact: 'knows a session as it was told last, and none that it was not told of',
    holds: async ({ book, tell }) => {
      strictEqual(book.session('s-1'), undefined);
      await tell(aSession('s-1', { state: SessionState.READY }));
      await tell(aSession('s-2', { state: SessionState.READY, broker: 'other' }));
      await tell(aSession('s-1', { state: SessionState.DOWN }));
      deepStrictEqual(book.session('s-1'), { broker: 'paper', state: SessionState.DOWN });
      deepStrictEqual(book.session('s-2'), { broker: 'other', state: SessionState.READY });
      strictEqual(book.session('s-3'), undefined);
    },
  },
  {
    fact: 'says what the broker of a session does not offer, and nothing of one that did not say what it offers',
    holds: async ({ book, tell }) => {
      const offer = BrokerOffer.fromPartial({
        ordTypes: [OrdType.LIMIT],
        timeInForces: [TimeInForce.DAY],
        products: [Product.INTRADAY],
      });
      await tell(aSession('s-1', { offer }));
      await tell(aSession('s-2'));
      const market = aContent({ ordType: OrdType.MARKET, price: undefined });
      deepStrictEqual(book.unsupported('s-1', market), {
        reason: Reason.VENUE_NOT_SUPPORTED,
        field: 'content.ordType',
        text: 'paper does not support ordType MARKET',
      });
      strictEqual(book.unsupported('s-1', aContent()), undefined);
      strictEqual(book.unsupported('s-2', market), undefined);
      strictEqual(book.unsupported('s-3', market), undefined);
    },
  },
  {
    fact: 'wakes everybody who waits when a session changes, and nobody for a change of before',
    holds: async ({ book, tell }) => {
      await tell(aSession('s-1'));
      const woken: string[] = [];
      const waits = ['a', 'b'].map((name) => book.changed(3_600_000).then(() => woken.push(name)));
      await turn();
      deepStrictEqual(woken, []);
      await tell(aSession('s-1', { state: SessionState.READY }));
      await Promise.all(waits);
      deepStrictEqual(woken, ['a', 'b']);
    },
  },
  {
    fact: 'lets nobody wait for longer than he has',
    holds: async ({ book, pass }) => {
      let isOver = false;
      const short = book.changed(30);
      const long = book.changed(3_600_000).then(() => (isOver = true));
      void long;
      await pass(30);
      await short;
      await turn();
      strictEqual(isOver, false);
    },
  },
];

function aSession(sessionId: string, differs: Partial<Session> = {}): Session {
  return Session.fromPartial({ sessionId, broker: 'paper', brokerAccountIds: ['PAPER-1'], ...differs });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
