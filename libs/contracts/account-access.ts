/** What a principal may do with an account. */
import { type Principal } from './calls.js';
import { CallError, StatusCode } from './errors.js';
import { Reason } from './gen/common/v1/reason.js';

export type AccountRole = 'viewer' | 'trader';

/** Roles that see every account, since they run the platform. They don't trade. */
const seeEverything = ['admin', 'ops', 'risk-officer', 'service'];

/** What no account is named by never reaches a database, which takes no NUL. */
const nameOfAccount = /^[\x21-\x7e]{1,64}$/;

/** True if the principal has the role on the account: a trader is a viewer too. */
export function mayUseAccount(principal: Principal, accountId: string, role: AccountRole): boolean {
  const granted = [
    ...(Object.hasOwn(principal.accounts, accountId) ? (principal.accounts[accountId] ?? []) : []),
    ...(principal.accounts['*'] ?? []),
  ];
  if (granted.includes('trader') || granted.includes(role)) return true;
  if (role === 'viewer') return principal.roles.some((held) => seeEverything.includes(held));
  return principal.roles.includes('service');
}

/**
 * Refuses unless the principal has the role on the account. An account that it may not even see is ACCOUNT_UNKNOWN, as if it did not exist.
 * @param field path in the request of the account's id.
 */
export function requireAccount(principal: Principal, accountId: string, role: AccountRole, field = 'accountId'): void {
  if (accountId === '') throw accountRequired(field);
  if (!nameOfAccount.test(accountId)) throw accountUnknown(accountId, field);
  if (mayUseAccount(principal, accountId, role)) return;
  if (!mayUseAccount(principal, accountId, 'viewer')) throw accountUnknown(accountId, field);
  throw new CallError(`this token does not let you trade on account ${accountId}`, {
    code: StatusCode.PERMISSION_DENIED,
    reason: Reason.PERMISSION_DENIED,
    metadata: { accountId, role },
  });
}

function accountRequired(field: string): CallError {
  const description = `${field} is required.`;
  const reason = Reason.FIELD_REQUIRED;
  return new CallError(description, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description, reason }] });
}

/** The refusal for an account that does not exist, or that the caller may not see: the same words, so that nobody learns which. */
export function accountUnknown(accountId: string, field = 'accountId'): CallError {
  const description = `There is no account ${accountId}.`;
  const reason = Reason.ACCOUNT_UNKNOWN;
  return new CallError(description, {
    code: StatusCode.NOT_FOUND,
    reason,
    violations: [{ field, description, reason }],
    metadata: { accountId },
  });
}
