import { CallError, type Principal, Reason, StatusCode } from '@switchyard/contracts';

/** Refuses unless the principal has one of the roles. */
export function requireRole(principal: Principal, ...roles: readonly string[]): void {
  if (principal.roles.some((held) => roles.includes(held))) return;
  throw new CallError(`this needs the role ${roles.join(' or ')}`, {
    code: StatusCode.PERMISSION_DENIED,
    reason: Reason.PERMISSION_DENIED,
    metadata: { role: roles.join(',') },
  });
}
