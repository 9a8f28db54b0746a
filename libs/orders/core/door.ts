// The door of an owner: resolves a new order, gives the early refusals, and asks risk.
import { type CallError, type OrderContent, Reason, type RequestKind } from '@switchyard/contracts';
import { type Route } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type AccountCommands } from './account-commands.js';
import { type Account } from './account.js';
import { invalidError } from './answers.js';
import { storedContent } from './content.js';
import { type AccountOwnerOptions, type Caller, type OwnerLimits } from './owner-options.js';
import { type Refusal, type RiskVerdict } from './ports.js';
import { chooseRoute, refusalAtDoor, resolveInstrument } from './routing.js';

/** An order that names an instrument which exists, and where it goes. */
export interface RoutedOrder {
  readonly content: OrderContent;
  /** Currency of the instrument's prices. */
  readonly currency: string;
  readonly route: Route;
  readonly broker: string;
}

export class Door {
  readonly #ports: AccountOwnerOptions;
  readonly #accounts: AccountCommands;
  readonly #limits: OwnerLimits;

  constructor(ports: AccountOwnerOptions, accounts: AccountCommands, limits: OwnerLimits) {
    this.#ports = ports;
    this.#accounts = accounts;
    this.#limits = limits;
  }

  /** Whether an order of the account would find a session that takes orders, or an error that no waiting mends. */
  isOpen(account: Account): boolean {
    const routed = chooseRoute(account, this.#ports.sessions);
    return routed instanceof Error ? routed.reason !== Reason.SESSION_DOWN : this.#ports.credits.granted(routed.route.sessionId) > 0;
  }

  /** A session that was opened or moved a moment ago takes orders in a moment: an order waits for it, as long as its caller can, rather than be refused. */
  async opened(account: Account, { deadlineMs }: Caller): Promise<void> {
    const { clock, sessions } = this.#ports;
    const untilMs = Math.min(clock.nowMs() + this.#limits.sessionWaitMs, deadlineMs - this.#limits.riskDeadlineMs);
    for (let nowMs = clock.nowMs(); nowMs < untilMs && !this.isOpen(account); nowMs = clock.nowMs())
      await sessions.changed(untilMs - nowMs);
  }

  /** Resolves instrument and route; the error of the call where there is none: nothing of it is stored. */
  route(account: Account, content: OrderContent | undefined): RoutedOrder | CallError {
    if (content === undefined) return invalidError([]);
    const instrument = resolveInstrument(this.#ports.instruments, content.instrument);
    if (instrument instanceof Error) return instrument;
    const routed = chooseRoute(account, this.#ports.sessions);
    if (routed instanceof Error) return routed;
    return { content: storedContent(content, instrument.instrumentId), currency: instrument.currency, ...routed };
  }

  /** Why the order would not pass the door now; undefined when it would. */
  refusal(account: Account, { content, route, broker }: Omit<RoutedOrder, 'currency'>): Refusal | undefined {
    const tradingState = this.#accounts.tradingStateOf(account.accountId);
    return refusalAtDoor(account, tradingState, content, { sessionId: route.sessionId, broker }, this.#ports);
  }

  /** The broker's code of a session; undefined where the session is not known now. */
  brokerOf(sessionId: string): string | undefined {
    return this.#ports.sessions.session(sessionId)?.broker;
  }

  /** Asks risk, which has until its deadline or the caller's. */
  judge(
    { accountId }: Account,
    orderId: string,
    kind: RequestKind.NEW | RequestKind.REPLACE,
    { content, route, broker }: Omit<RoutedOrder, 'currency'>,
    { deadlineMs, traceparent }: Caller,
  ): Promise<RiskVerdict> {
    return this.#ports.risk.check({
      shard: this.#ports.shard,
      accountId,
      kind,
      orderId,
      content,
      brokerAccountId: route.brokerAccountId,
      broker,
      deadlineMs: Math.min(deadlineMs, this.#ports.clock.nowMs() + this.#limits.riskDeadlineMs),
      traceparent,
    });
  }
}
