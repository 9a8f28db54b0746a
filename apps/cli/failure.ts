/** What a person is told when a command fails: what was wrong, the rule, and what to do next. */
import { CallError, Reason, StatusCode } from '@switchyard/contracts';

/** How a command ends. Scripts may rely on these. */
export const exitCodes = {
  done: 0,
  /** A defect of ours. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The platform refused: the request breaks a rule or a limit. */
  refused: 3,
  notFound: 4,
  /** The platform can't be reached, or the outcome is not known yet. */
  unavailable: 5,
  notAllowed: 6,
} as const;

/** Ends a command with sentences for a person. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;
  readonly next: string;

  constructor(message: string, exitCode: number, next = '') {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
  }
}

const nextSteps: Partial<Record<Reason, string>> = {
  [Reason.ACCOUNT_UNKNOWN]: '"switchyard accounts" lists the accounts; choose one with --account',
  [Reason.CALLER_RATE]: 'wait a moment and try again',
  [Reason.CL_ORD_ID_REUSED]: 'leave --cl-ord-id out, or give another one',
  [Reason.DEADLINE_EXCEEDED]: 'try again; --timeout gives it more time',
  [Reason.HALT_UNKNOWN]: '"switchyard status" shows the halts in force',
  [Reason.INSTRUMENT_AMBIGUOUS]: '"switchyard instruments <symbol>" shows the exchanges: write EXCHANGE:SYMBOL',
  [Reason.INSTRUMENT_UNKNOWN]: '"switchyard instruments <word>" searches by symbol and name',
  [Reason.KILL_SWITCH]: '"switchyard status" shows the halts in force; "switchyard release <haltId>" ends one',
  [Reason.NO_CREDIT]: 'the broker takes no more for now: try again in a moment',
  [Reason.NO_ROUTE]: '"switchyard accounts" shows where an account routes to',
  [Reason.ORDER_UNKNOWN]: '"switchyard orders" lists the orders of an account',
  [Reason.ORDER_NOT_CONFIRMED]: 'wait until the broker has confirmed the order: "switchyard explain <orderId>"',
  [Reason.PERMISSION_DENIED]: 'use a token that grants it: --token',
  [Reason.PRICE_COLLAR]: '"switchyard quotes <instrument>" shows where the market is',
  [Reason.PRICE_OFF_TICK]: '"switchyard instruments <symbol>" shows the tick',
  [Reason.QUANTITY_OFF_LOT]: '"switchyard instruments <symbol>" shows the lot',
  [Reason.RISK_UNAVAILABLE]: 'nothing was stored: try again',
  [Reason.TOKEN_EXPIRED]: '"switchyard token" signs a new one',
  [Reason.TRADING_STATE]: '"switchyard accounts" shows what the account may do, and why',
  [Reason.UNAUTHENTICATED]: 'use a token of this deployment: --token',
  [Reason.UNAVAILABLE]: 'is it running? "npm start" or "npm run cluster" start it; "switchyard status" looks',
  [Reason.UNKNOWN_RETRY_SAME_ID]: 'repeat the command with --cl-ord-id and the same id to learn what became of it',
  [Reason.VENUE_GTD_EXPIRED]: 'give --expire a time that is to come',
  [Reason.VENUE_NOT_SUPPORTED]: 'the broker of this account has no such order: "switchyard order --help" lists the others',
  [Reason.VENUE_POST_ONLY]: 'choose a price that does not trade at once ("switchyard quotes <instrument>"), or leave --post-only out',
  [Reason.VENUE_WRONG_PHASE]: 'wait until the venue takes such orders, or give another --tif: "switchyard order --help" lists them',
  [Reason.WRONG_ENVIRONMENT]: 'this token is for another environment',
};

/** What to do about a reason; empty where nothing better can be said than the sentence itself. */
export function nextStep(reason: Reason): string {
  return nextSteps[reason] ?? '';
}

/** Lines for standard error, and the exit code. */
export function describeFailure(error: unknown): { lines: string[]; exitCode: number } {
  if (error instanceof CommandError) return { lines: withNext([error.message], error.next), exitCode: error.exitCode };
  if (!(error instanceof CallError))
    return { lines: [error instanceof Error ? (error.stack ?? error.message) : String(error)], exitCode: exitCodes.failed };
  const reason = Reason[error.reason] ?? 'UNRECOGNIZED';
  const fields = error.violations.map(
    ({ field, description, reason: rule }) => `${ofField(field, description)} (${Reason[rule] ?? 'UNRECOGNIZED'})`,
  );
  return {
    lines: withNext(fields.length > 0 ? fields : [`${error.message} (${reason})`], nextStep(error.reason)),
    exitCode: exitCodeOf(error.code),
  };
}

/** A sentence about a field; many name it themselves. */
export function ofField(field: string, sentence: string): string {
  return field === '' || sentence.startsWith(`${field} `) || sentence.startsWith(`${field}:`) ? sentence : `${field}: ${sentence}`;
}

/** The failure for programs, with --json. */
export function failureAsJson(error: unknown): unknown {
  if (error instanceof CommandError) return { error: { message: error.message, next: error.next } };
  if (!(error instanceof CallError)) return { error: { message: error instanceof Error ? error.message : String(error) } };
  const { message, code, reason, violations, metadata, retryAfterMs } = error;
  return {
    error: {
      message,
      code: StatusCode[code],
      reason: Reason[reason],
      violations: violations.map((violation) => ({ ...violation, reason: Reason[violation.reason] })),
      metadata,
      retryAfterMs,
      next: nextStep(reason),
    },
  };
}

function withNext(lines: string[], next: string): string[] {
  return next === '' ? lines : [...lines, `next: ${next}`];
}

function exitCodeOf(code: StatusCode): number {
  switch (code) {
    case StatusCode.INVALID_ARGUMENT:
    case StatusCode.FAILED_PRECONDITION:
    case StatusCode.ALREADY_EXISTS:
    case StatusCode.OUT_OF_RANGE:
    case StatusCode.RESOURCE_EXHAUSTED:
      return exitCodes.refused;
    case StatusCode.NOT_FOUND:
      return exitCodes.notFound;
    case StatusCode.UNAVAILABLE:
    case StatusCode.DEADLINE_EXCEEDED:
    case StatusCode.CANCELLED:
    case StatusCode.ABORTED:
      return exitCodes.unavailable;
    case StatusCode.PERMISSION_DENIED:
    case StatusCode.UNAUTHENTICATED:
      return exitCodes.notAllowed;
    case StatusCode.UNKNOWN:
    case StatusCode.UNIMPLEMENTED:
    case StatusCode.INTERNAL:
    case StatusCode.DATA_LOSS:
      return exitCodes.failed;
  }
}
