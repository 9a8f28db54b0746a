// Builders: a session over memory, scripted broker and simulated time, and commands that state only what differs.
import { OrdType, Product, RequestKind, SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { BrokerRequestId, tagOf } from '@switchyard/kernel';
import { doubtDefaults } from '../doubt.js';
import { type Halts, noHalts } from '../halts.js';
import { type Timers } from '../ports.js';
import { sendDefaults } from '../send-side.js';
import { BrokerSession, type SessionStatus } from '../session.js';
import { InMemoryStore } from './in-memory-store.js';
import { ScriptedConnector } from './scripted-connector.js';

/** Time that the test moves: the parts of testkit's SimClock that a session needs. */
export interface SteppedTime extends Timers {
  nowMs(): number;
  monotonicMs(): number;
}

export const tag = (id: string): string => tagOf(BrokerRequestId(id));

/** A NEW of 10 at 100; the id is the order's too. */
export function aNew(id: string, differs: Partial<Command> = {}): Command {
  return {
    brokerRequestId: id,
    kind: RequestKind.NEW,
    accountId: 'DEMO',
    orderId: `order-${id}`,
    placementId: `order-${id}.p1`,
    tag: tag(id),
    brokerAccountId: 'PAPER-1',
    content: {
      instrument: 'I000001',
      side: Side.BUY,
      ordType: OrdType.LIMIT,
      timeInForce: TimeInForce.DAY,
      product: Product.INTRADAY,
      orderQty: '10',
      price: '100',
      strategyId: 'S1',
      algoId: '',
      sendBeforeMs: 0,
      selfTradePrevention: SelfTradePrevention.UNSPECIFIED,
      postOnly: false,
      expireAtMs: 0,
    },
    brokerOrderId: '',
    targetRequestId: '',
    targetTag: '',
    sendBeforeMs: 0,
    traceparent: '',
    ...differs,
  };
}

/** A CANCEL of the order that request `target` places. */
export function aCancel(id: string, target: string, differs: Partial<Command> = {}): Command {
  return aNew(id, {
    kind: RequestKind.CANCEL,
    orderId: `order-${target}`,
    placementId: `order-${target}.p1`,
    targetRequestId: target,
    targetTag: tag(target),
    ...differs,
  });
}

/** A REPLACE of the order that request `target` places. */
export function aReplace(id: string, target: string): Command {
  return aCancel(id, target, { kind: RequestKind.REPLACE });
}

export interface SessionUnderTest {
  readonly session: BrokerSession;
  readonly store: InMemoryStore;
  readonly broker: ScriptedConnector;
  readonly pages: string[];
  readonly statuses: SessionStatus[];
  readonly lost: unknown[];
  /** Puts halts in force at the session and, unless told otherwise, where the statements run. */
  halt(halts: Halts | undefined, stamped?: boolean): void;
}

export function aSession(
  time: SteppedTime,
  differs: { readonly commandsPerSecondMax?: number; readonly store?: InMemoryStore; readonly halts?: Halts | undefined } = {},
): SessionUnderTest {
  const store = differs.store ?? new InMemoryStore();
  const broker = new ScriptedConnector(time);
  let halts: Halts | undefined = 'halts' in differs ? differs.halts : noHalts;
  const pages: string[] = [];
  const statuses: SessionStatus[] = [];
  const lost: unknown[] = [];
  const session = new BrokerSession({
    sessionId: 'paper-1',
    broker: 'scripted',
    connector: broker,
    commandsPerSecondMax: differs.commandsPerSecondMax ?? 100,
    sharedWindows: [],
    settings: { send: sendDefaults, doubt: { ...doubtDefaults, quarantineMs: 10_000, lookUpIntervalMs: 1000 } },
    clock: time,
    timers: time,
    store,
    pager: { page: (text) => void pages.push(text) },
    failpoint: () => undefined,
    process: 'test',
    halts: () => halts,
    onStatus: (status) => void statuses.push(status),
    onLost: (error) => void lost.push(error),
  });
  const halt = (next: Halts | undefined, stamped = true): void => {
    halts = next;
    if (stamped) store.haltVersion = next?.version ?? 0;
    session.haltsChanged();
  };
  return { session, store, broker, pages, statuses, lost, halt };
}
