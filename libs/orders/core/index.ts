// @switchyard/orders-core: orders and accounts without any framework. `AccountOwner` is the way in, `foldOrder` the truth.
export { AccountOwner } from './account-owner.js';
export {
  ownerLimits,
  type AccountOwnerOptions,
  type Caller,
  type DirtyState,
  type OwnerLimits,
  type PreparedPreview,
  type SessionCursor,
  type ShardSnapshot,
  type TailEvent,
} from './owner-options.js';
export { type CommittedEvent } from './shard-writer.js';
export { indianTradingDate } from './trading-date.js';
export { accountFromSnapshot, accountToSnapshot, orderFromSnapshot, orderToSnapshot } from './order-snapshot.js';
export { eventsOfReport, reportRefOf, type ReportOutcome } from './from-report.js';
export { foldAccount, toAccountMessage, type Account } from './account.js';
export { invalidError } from './answers.js';
export {
  violationsOfAdjustCash,
  violationsOfCancel,
  violationsOfCancelAll,
  violationsOfPlace,
  violationsOfPreview,
  violationsOfPutAccount,
  violationsOfReplace,
  violationsOfSetTradingState,
} from './content.js';
export { violationsOfGetOrder, violationsOfListOrders } from './reading-form.js';
export { CreditBook } from './credits.js';
export { resolveInstrument } from './routing.js';
export { HaltTable } from './halts.js';
export { InstrumentTable } from './instruments.js';
export {
  foldOrder,
  isFinal,
  isInDoubt,
  leavesQtyOf,
  ordStatusOf,
  toOrderState,
  type Order,
  type PendingCancel,
  type PendingReplace,
} from './order.js';
export { isOrderEvent, transitions, type EventBody, type OrderEventBody, type WorkingState } from './transitions.js';
export {
  ApprovalLapsedError,
  type Alarm,
  type AppendOutcome,
  type Approval,
  type ClaimKind,
  type ClaimRow,
  type Dispatcher,
  type EntryNumbers,
  type HaltBook,
  type HaltSubject,
  type InstrumentBook,
  type OrderJournal,
  type OwnerChange,
  type OwnerEntry,
  type OwnerRows,
  type ParkedRow,
  type Refusal,
  type RequestRow,
  type RequestScope,
  type ResolvedInstrument,
  type RiskCheck,
  type RiskGate,
  type RiskVerdict,
  type SessionBook,
  type SessionInfo,
  type StreamCursor,
} from './ports.js';
