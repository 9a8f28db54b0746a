// What every way to the holders of sessions holds to: the streams to broker-connectors, and the dispatcher in memory that stands in for them.
import { deepStrictEqual } from 'node:assert/strict';
import { RequestKind } from '@switchyard/contracts';
import { Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Dispatcher } from '../ports.js';
import { demoShard } from './builders.js';

/** A dispatcher of one shard whose sessions paper-1 and paper-2 are attached, and have no report that is to come. */
export interface DispatcherUnderTest {
  readonly dispatcher: Dispatcher;
  /** Broker requests that came to the holder of the session, in order, over all its attaches. */
  came(sessionId: string): Promise<readonly string[]>;
  /** Up to where its holder was told that reports are in the journal, in order. */
  acked(sessionId: string): Promise<readonly number[]>;
  /** The way to the session's holder breaks, and stays so. */
  detach(sessionId: string): Promise<void>;
  /** The shard is attached to the session again. */
  attach(sessionId: string): Promise<void>;
  /** What the owner does when it is asked to send again what has no report. */
  onRedispatch(redispatch: (sessionId: string) => void): void;
}

/** Facts about any dispatcher; each is tried with a new one. A spec makes a test of each. */
export const dispatcherFacts: readonly { readonly fact: string; readonly holds: (under: DispatcherUnderTest) => Promise<void> }[] = [
  {
    fact: 'hands commands on in the order of the calls, to the session that they are for',
    holds: async (under) => {
      const ids = Array.from({ length: 20 }, (_, at) => `R${at}`);
      for (const [at, id] of ids.entries()) {
        send(under, at % 4 === 3 ? 'paper-2' : 'paper-1', id);
        if (at % 7 === 6) await new Promise((resolve) => setImmediate(resolve));
      }
      const other = ['R3', 'R7', 'R11', 'R15', 'R19'];
      deepStrictEqual([await under.came('paper-1'), await under.came('paper-2')], [ids.filter((id) => !other.includes(id)), other]);
    },
  },
  {
    fact: 'forgets what is sent while nobody is attached, and is silent about it; the other session goes on',
    holds: async (under) => {
      await under.detach('paper-1');
      send(under, 'paper-1', 'R1');
      send(under, 'paper-2', 'R2');
      under.dispatcher.ack(demoShard, 'paper-1', 4);
      send(under, 'a session that there is not', 'R3');
      await under.attach('paper-1');
      deepStrictEqual([await under.came('paper-1'), await under.came('paper-2'), await under.acked('paper-1')], [[], ['R2'], []]);
    },
  },
  {
    fact: 'asks the owner once an attach for what has no report, and hands that on before what is new',
    holds: async (under) => {
      const asked: string[] = [];
      under.onRedispatch((sessionId) => {
        asked.push(sessionId);
        send(under, sessionId, 'again');
      });
      await under.detach('paper-1');
      await under.attach('paper-1');
      send(under, 'paper-1', 'new');
      deepStrictEqual([asked, await under.came('paper-1')], [['paper-1'], ['again', 'new']]);
    },
  },
  {
    fact: 'hands nothing on after a gap was found, until it is attached again',
    holds: async (under) => {
      const asked: string[] = [];
      under.onRedispatch((sessionId) => asked.push(sessionId));
      send(under, 'paper-1', 'before');
      deepStrictEqual(await under.came('paper-1'), ['before']);
      under.dispatcher.reattach(demoShard, 'paper-1', 'report 1 is missing before 2');
      send(under, 'paper-1', 'between');
      under.dispatcher.ack(demoShard, 'paper-1', 4);
      await under.attach('paper-1');
      send(under, 'paper-1', 'after');
      deepStrictEqual([asked, await under.came('paper-1'), await under.acked('paper-1')], [['paper-1'], ['before', 'after'], []]);
    },
  },
  {
    fact: 'tells how far the journal holds the reports of each session',
    holds: async (under) => {
      under.dispatcher.ack(demoShard, 'paper-1', 1);
      under.dispatcher.ack(demoShard, 'paper-2', 7);
      under.dispatcher.ack(demoShard, 'paper-1', 3);
      const [one, two] = [await under.acked('paper-1'), await under.acked('paper-2')];
      deepStrictEqual([one.at(-1), two.at(-1)], [3, 7]);
    },
  },
];

function send({ dispatcher }: DispatcherUnderTest, sessionId: string, brokerRequestId: string): void {
  dispatcher.send(demoShard, sessionId, Command.fromPartial({ brokerRequestId, kind: RequestKind.NEW, accountId: 'DEMO' }));
}
