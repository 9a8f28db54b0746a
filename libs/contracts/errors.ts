/** The one error that crosses service borders: google.rpc.Status with a reason from the closed enum. */
import { Reason } from './gen/common/v1/reason.js';

/** gRPC status codes that the platform uses (https://grpc.io/docs/guides/status-codes/). */
export enum StatusCode {
  CANCELLED = 1,
  UNKNOWN = 2,
  INVALID_ARGUMENT = 3,
  DEADLINE_EXCEEDED = 4,
  NOT_FOUND = 5,
  ALREADY_EXISTS = 6,
  PERMISSION_DENIED = 7,
  RESOURCE_EXHAUSTED = 8,
  FAILED_PRECONDITION = 9,
  ABORTED = 10,
  OUT_OF_RANGE = 11,
  UNIMPLEMENTED = 12,
  INTERNAL = 13,
  UNAVAILABLE = 14,
  DATA_LOSS = 15,
  UNAUTHENTICATED = 16,
}

/** A field and the rule that it breaks. */
export interface FieldViolation {
  /** Path of the field in the request, for example "content.price". */
  readonly field: string;
  /** The rule, a sentence. */
  readonly description: string;
  readonly reason: Reason;
}

export interface CallErrorOptions {
  readonly code: StatusCode;
  readonly reason: Reason;
  /** All wrong fields. */
  readonly violations?: readonly FieldViolation[];
  /** Facts for machines: limits, values, `address` with NOT_OWNER. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** When to try again. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** An error of a call: thrown by handlers, met by callers, the same in process and over gRPC. */
export class CallError extends Error {
  readonly code: StatusCode;
  readonly reason: Reason;
  readonly violations: readonly FieldViolation[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: CallErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'CallError';
    this.code = options.code;
    this.reason = options.reason;
    this.violations = options.violations ?? [];
    this.metadata = options.metadata ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The refusal of a request by its fields: the first one with its rule in the message, all of them in the details. */
export function fieldsRefused(violations: readonly FieldViolation[]): CallError {
  const [first] = violations;
  return new CallError(first === undefined ? 'the request is refused' : `${first.field}: ${first.description}`, {
    code: StatusCode.INVALID_ARGUMENT,
    reason: first?.reason ?? Reason.FIELD_MALFORMED,
    violations,
  });
}

/** Refusals of an account's owner that it gives only after it looked the caller's id up in its table and did not find it, or found it used. */
const afterLookUp: ReadonlySet<Reason> = new Set([
  Reason.CL_ORD_ID_REUSED,
  Reason.INSTRUMENT_UNKNOWN,
  Reason.INSTRUMENT_AMBIGUOUS,
  Reason.SESSION_DOWN,
  Reason.NO_ROUTE,
  Reason.NO_CREDIT,
  Reason.RISK_UNAVAILABLE,
  Reason.ORDER_UNKNOWN,
]);

/**
 * Whether a refused request with the caller's id is known not to be stored, whatever became of an earlier try with the same id. Every other error says
 * nothing about the earlier try: the door (rate, token, form) refuses before anybody looked.
 */
export function isAfterLookUp(reason: Reason): boolean {
  return afterLookUp.has(reason);
}
