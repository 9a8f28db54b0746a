// The cards that every connector passes, each against its real broker's rules or an emulator's.
import { afterEach, beforeEach, describe } from '@jest/globals';
import { Session, type ConformanceBench } from './conformance-bench.js';
import { doubtCards } from './doubt-cards.js';
import { requestCards } from './request-cards.js';
import { streamCards } from './stream-cards.js';
import { termCards } from './term-cards.js';

/** Runs the suite. `open` gives a fresh broker each time: no orders, nothing offered. */
export function describeConnector(name: string, open: () => Promise<ConformanceBench>): void {
  describe(`${name} as a broker`, () => {
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

    requestCards(() => bench, loggedIn);
    doubtCards(() => bench, loggedIn, login);
    streamCards(() => bench, loggedIn, login);
    termCards(() => bench, loggedIn);
  });
}
