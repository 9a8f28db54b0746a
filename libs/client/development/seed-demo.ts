/** The identities that a simulation starts with: two accounts with cash, each with a session at the paper venue. */
import { type Session } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Account } from '@switchyard/contracts/gen/orders/v1/service';
import { type SwitchyardClient } from '../connect.js';

const demos = [
  { accountId: 'DEMO', brokerAccountId: 'PAPER-1', sessionId: 'paper-1' },
  { accountId: 'DEMO2', brokerAccountId: 'PAPER-2', sessionId: 'paper-2' },
] as const;

const currency = 'INR';
const openingCash = '10000000';

/** True where the accounts and sessions are there, and each account has its cash, which is the second fact of its life. */
export function isSeeded(accounts: readonly Account[], sessions: readonly Session[]): boolean {
  return demos.every(
    ({ accountId, sessionId }) =>
      accounts.some((account) => account.accountId === accountId && account.accountSeq >= 2) &&
      sessions.some((session) => session.sessionId === sessionId),
  );
}

/** Makes what is missing; a second time it changes nothing. Needs the role `admin`. */
export async function seedDemo(client: SwitchyardClient): Promise<void> {
  const [{ accounts }, { sessions }] = await Promise.all([client.accounts.list({}), client.sessions.list({})]);
  if (isSeeded(accounts, sessions)) return;
  await Promise.all(
    demos.map(async ({ accountId, brokerAccountId, sessionId }) => {
      if (!sessions.some((session) => session.sessionId === sessionId)) {
        await client.sessions.put({ sessionId, broker: 'paper', brokerAccountIds: [brokerAccountId] });
      }
      if (!accounts.some((account) => account.accountId === accountId)) {
        const name = `Demonstration ${accountId}`;
        await client.accounts.put({
          accountId,
          name,
          baseCurrency: currency,
          riskGroupId: accountId,
          routes: [{ brokerAccountId, sessionId }],
        });
      }
      await client.accounts.adjustCash({ accountId, adjustmentId: 'opening', currency, amount: openingCash, text: 'opening cash' });
    }),
  );
}
