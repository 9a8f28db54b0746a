// What a caller of the venue did wrong: the field, and the rule that it breaks.
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { brokerAccountIdLengthMax, instrumentIdLengthMax } from './text-bounds.js';

/** INVALID_ARGUMENT with the field that breaks a rule. */
export function badField(field: string, rule: string, reason: Reason = Reason.FIELD_MALFORMED): CallError {
  const description = `${field} ${rule}`;
  return new CallError(description, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description, reason }] });
}

/** INVALID_ARGUMENT about a message as a whole. */
export function badRequest(text: string): CallError {
  return new CallError(text, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_MALFORMED });
}

/** NOT_FOUND: the venue does not trade it. */
export function notTraded(instrumentId: string): CallError {
  const name = instrumentId.length > instrumentIdLengthMax ? 'an instrument of so long a name' : instrumentId;
  return notFound('instrumentId', `the venue does not trade ${name}`, Reason.VENUE_INSTRUMENT_UNKNOWN);
}

/** NOT_FOUND: no order of this broker account has come to the venue. */
export function unknownAccount(brokerAccountId: string): CallError {
  const name = brokerAccountId.length > brokerAccountIdLengthMax ? 'an account of so long a name' : brokerAccountId;
  return notFound('brokerAccountId', `no order of ${name} has come to the venue`, Reason.ACCOUNT_UNKNOWN);
}

function notFound(field: string, description: string, reason: Reason): CallError {
  return new CallError(description, { code: StatusCode.NOT_FOUND, reason, violations: [{ field, description, reason }] });
}
