// The cards that every connector passes, each against its real broker's rules or an emulator's.
import { afterEach, beforeEach, describe } from '@jest/globals';
import { type ConformanceBench, type Login, Session } from './conformance-bench.js';
import { doubtCards } from './doubt-cards.js';
import { requestCards } from './request-cards.js';
import { streamCards } from './stream-cards.js';
import { termCards } from './term-cards.js';
import { wayCards } from './way-cards.js';

/** Runs the suite. `open` gives a fresh broker each time: no orders, nothing offered. */
export function describeConnector(name: string, open: () => Promise<ConformanceBench>): void {
  describeOn(`${name} as a broker`, open, (bench, loggedIn, login) => {
    requestCards(bench, loggedIn);
    doubtCards(bench, loggedIn);
    wayCards(bench, loggedIn, login);
    streamCards(bench, loggedIn, login);
    termCards(bench, loggedIn);
  });
}

/** Runs the cards of a connector whose broker only does what a test tells it: it trades nothing, and a session must not see another difference. */
export function describeScriptedConnector(name: string, open: () => Promise<ConformanceBench>): void {
  describeOn(`${name} as a way to a broker`, open, wayCards);
}

function describeOn(
  name: string,
  open: () => Promise<ConformanceBench>,
  cards: (bench: () => ConformanceBench, loggedIn: Login, login: (fromCursor?: string) => Session) => void,
): void {
  describe(name, () => {
    let bench: ConformanceBench;
    let sessions: Session[];
    /** A session from a cursor; it is what a new process of ours is to the broker. */
    const login = (fromCursor = ''): Session => {
      const session = new Session(bench, bench.connector(), fromCursor);
      sessions.push(session);
      return session;
    };
    const loggedIn = async (fromCursor = ''): Promise<Session> => {
      const session = login(fromCursor);
      await session.ready();
      return session;
    };

    beforeEach(async () => {
      sessions = [];
      bench = await open();
    });
    afterEach(async () => {
      for (const session of sessions) session.end();
      await bench.close();
    });

    cards(() => bench, loggedIn, login);
  });
}
