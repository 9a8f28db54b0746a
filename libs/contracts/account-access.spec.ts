import { describe, expect, it } from '@jest/globals';
import { mayUseAccount, type Principal, Reason, requireAccount, StatusCode } from './index.js';

const principal = (roles: string[], accounts: Record<string, string[]>): Principal => ({ subject: 'a', roles, accounts, expiresAtMs: 0 });

describe('a principal', () => {
  it.each<[string, Principal, boolean, boolean]>([
    ['a trader of the account', principal([], { DEMO: ['trader'] }), true, true],
    ['a viewer of the account', principal([], { DEMO: ['viewer'] }), true, false],
    ['a trader of another account', principal([], { DEMO2: ['trader'] }), false, false],
    ['a trader of all accounts', principal([], { '*': ['trader'] }), true, true],
    ['a viewer of all who trades on this one', principal([], { '*': ['viewer'], DEMO: ['trader'] }), true, true],
    ['an administrator', principal(['admin'], {}), true, false],
    ['a risk officer', principal(['risk-officer'], {}), true, false],
    ['a service', principal(['service'], {}), true, true],
    ['nobody', principal([], {}), false, false],
  ])('%s may view and trade as granted', (_, who, view, trade) => {
    expect(mayUseAccount(who, 'DEMO', 'viewer')).toBe(view);
    expect(mayUseAccount(who, 'DEMO', 'trader')).toBe(trade);
  });

  it('an account id that is a word of JavaScript grants nothing', () => {
    expect(mayUseAccount(principal([], {}), 'constructor', 'viewer')).toBe(false);
  });

  it.each([
    [undefined, 'accountId'],
    ['cursors[1].accountId', 'cursors[1].accountId'],
  ])('who names no account is told the field (%j)', (field, named) => {
    expect(() => requireAccount(principal(['service'], {}), '', 'viewer', field)).toThrow(
      expect.objectContaining({
        code: StatusCode.INVALID_ARGUMENT,
        message: `${named} is required.`,
        violations: [{ field: named, description: `${named} is required.`, reason: Reason.FIELD_REQUIRED }],
      }),
    );
  });

  it('gets ACCOUNT_UNKNOWN for an account that it may not see, PERMISSION_DENIED for one that it may not trade on', () => {
    expect(() => requireAccount(principal([], {}), 'DEMO', 'trader')).toThrow(
      expect.objectContaining({ code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN }),
    );
    expect(() => requireAccount(principal([], { DEMO: ['viewer'] }), 'DEMO', 'trader')).toThrow(
      expect.objectContaining({ code: StatusCode.PERMISSION_DENIED, reason: Reason.PERMISSION_DENIED }),
    );
    expect(() => requireAccount(principal([], { DEMO: ['viewer'] }), 'DEMO', 'viewer')).not.toThrow();
  });
});
