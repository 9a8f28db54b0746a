// Where a new order goes, and the refusals that need neither risk nor the journal: the door's early answer.
import { Reason, StatusCode, TimeInForce, TradingState, type CallError, type Halt, type OrderContent } from '@switchyard/contracts';
import { SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Route } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type Clock } from '@switchyard/kernel';
import { type Account } from './account.js';
import { fieldError, instrumentsNotReadyError } from './answers.js';
import { type HaltBook, type InstrumentBook, type Refusal, type ResolvedInstrument, type SessionBook } from './ports.js';

export interface RoutedTo {
  readonly route: Route;
  /** The broker's code. */
  readonly broker: string;
}

/** The instrument, or the error of the call: an order is stored only with the id of an instrument that exists. `field` is where the caller named it. */
export function resolveInstrument(book: InstrumentBook, text: string, field = 'content.instrument'): ResolvedInstrument | CallError {
  const found = book.resolve(text);
  if (!('reason' in found)) return found;
  if (found.reason === Reason.NOT_READY) return instrumentsNotReadyError();
  if (found.reason === Reason.INSTRUMENT_AMBIGUOUS)
    return fieldError(StatusCode.INVALID_ARGUMENT, {
      reason: found.reason,
      text: `${text} names more than one instrument: give EXCHANGE:SYMBOL, or its id.`,
      field,
    });
  return fieldError(StatusCode.INVALID_ARGUMENT, { reason: found.reason, text: `There is no instrument ${text}.`, field });
}

/** The first route whose session is up, or at least looking up what is in doubt; the error of the call when there is none. */
export function chooseRoute(account: Account, sessions: SessionBook): RoutedTo | CallError {
  for (const wanted of [SessionState.READY, SessionState.RECONCILING])
    for (const route of account.routes) {
      const session = sessions.session(route.sessionId);
      if (session?.state === wanted) return { route, broker: session.broker };
    }
  if (account.routes.length > 0)
    return fieldError(StatusCode.UNAVAILABLE, {
      reason: Reason.SESSION_DOWN,
      text: `No broker session of account ${account.accountId} is up.`,
      field: '',
    });
  return fieldError(StatusCode.FAILED_PRECONDITION, {
    reason: Reason.NO_ROUTE,
    text: `Account ${account.accountId} has no route.`,
    field: '',
  });
}

/** What stops an order at the door, in the order of risk's checks 1, 3 and 4. Risk and the connector judge again: this is only the early answer. */
export function refusalAtDoor(
  { accountId }: Account,
  tradingState: TradingState,
  content: OrderContent,
  to: { readonly sessionId: string; readonly broker: string },
  books: { readonly halts: HaltBook; readonly sessions: SessionBook; readonly clock: Pick<Clock, 'nowMs'> },
): Refusal | undefined {
  const halt = books.halts.covering({ accountId, broker: to.broker, strategyId: content.strategyId, instrumentId: content.instrument });
  if (halt !== undefined) return { reason: Reason.KILL_SWITCH, text: textOfHalt(halt), field: '' };
  switch (tradingState) {
    case TradingState.ACTIVE:
    case TradingState.REDUCE_ONLY: // Whether the order reduces is risk's to say: it knows the position.
      break;
    case TradingState.CANCEL_ONLY:
      return { reason: Reason.TRADING_STATE, text: 'The account is CANCEL_ONLY.', field: '' };
    case TradingState.HALTED:
      return { reason: Reason.TRADING_STATE, text: 'The account is HALTED.', field: '' };
    default: // An unknown state stops orders.
      return { reason: Reason.TRADING_STATE, text: 'The account has a trading state that this version does not know.', field: '' };
  }
  const { timeInForce, expireAtMs } = content;
  if (timeInForce === TimeInForce.GTD && expireAtMs <= books.clock.nowMs())
    return { reason: Reason.VENUE_GTD_EXPIRED, text: 'The time of the order has come already.', field: 'content.expireAtMs' };
  return books.sessions.unsupported(to.sessionId, content);
}

function textOfHalt({ haltId, text }: Halt): string {
  return `Halt ${haltId} covers the order${text === '' ? '' : `: ${text}`}.`;
}
