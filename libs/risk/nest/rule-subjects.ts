// What a halt or a limit is for must exist, where that is known: one that names nothing would look as if it were in force, and stop nobody.
import { ACCOUNT_SERVICE, CallError, type Calls, HaltScope, Reason, StatusCode } from '@switchyard/contracts';
import { type HaltRequest, type SetLimitsRequest } from '@switchyard/contracts/gen/risk/v1/service';
import { AccountId, InstrumentId, StrategyId } from '@switchyard/kernel';
import { type Logger } from '@switchyard/platform/log';
import { type MarketWatch } from './market-watch.js';

const askMs = 1_000;

export class RuleSubjects {
  constructor(
    private readonly calls: Calls,
    private readonly market: MarketWatch,
    /** Codes of the brokers of this environment. */
    private readonly brokers: ReadonlySet<string>,
    private readonly log: Logger,
  ) {}

  /**
   * The halt with its key as the gates compare it: of an instrument the id, where its symbol was given too.
   * @throws CallError when there is nothing of that key. A halt of an account is let through where no order-gateway can be asked, and one of an instrument's id
   * where the list of instruments has not come yet: stopping must not wait.
   */
  async ofHalt(request: HaltRequest): Promise<HaltRequest> {
    const { scope, key } = request;
    if (key === '') return request; // Refused, or right, by its scope alone.
    switch (scope) {
      case HaltScope.INSTRUMENT:
        return { ...request, key: this.#instrument(key) };
      case HaltScope.BROKER:
        if (!this.brokers.has(key))
          throw refused('key', Reason.FIELD_MALFORMED, `there is no broker ${key} here; there is ${[...this.brokers].join(', ')}`);
        return request;
      case HaltScope.ACCOUNT:
        if (!AccountId.parse(key).ok) throw accountUnknown('key', key);
        await this.#account(key, 'key').catch((error: unknown) => {
          if (error instanceof CallError && error.reason === Reason.ACCOUNT_UNKNOWN) throw error;
          this.log.warn({ err: error, accountId: key }, 'whether the account exists could not be asked; it is halted');
        });
        return request;
      case HaltScope.STRATEGY: {
        // Whatever callers agree on, if it is what an order may name.
        const id = StrategyId.parse(key);
        if (!id.ok) throw refused('key', Reason.FIELD_MALFORMED, `the key of a strategy must be ${id.error.rule}`);
        return request;
      }
      default:
        return request;
    }
  }

  /** @throws CallError when the account or risk group does not exist, or nobody can say. */
  async ofLimits({ accountId, riskGroupId }: SetLimitsRequest): Promise<void> {
    if (accountId !== '' && riskGroupId === '') return this.#account(accountId, 'accountId');
    if (riskGroupId === '' || accountId !== '') return;
    const { accounts } = await this.calls.any(ACCOUNT_SERVICE).listAccounts({}, { timeoutMs: askMs });
    if (!accounts.some((account) => account.riskGroupId === riskGroupId))
      throw refused('riskGroupId', Reason.FIELD_MALFORMED, `no account is in the risk group ${riskGroupId}`);
  }

  #instrument(key: string): string {
    const ids = this.market.resolve(key);
    const [id] = ids;
    const ready = this.market.ready();
    // A listing whose instrument has not come yet may have been that of an expired one, which has.
    if (id === undefined || (ready !== true && id !== key)) {
      if (ready !== true && InstrumentId.parse(key).ok) {
        this.log.warn({ instrumentId: key }, 'whether the instrument exists is not known yet; it is halted');
        return key;
      }
      if (ready !== true) throw new CallError(ready, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, retryAfterMs: 500 });
      throw refused('key', Reason.INSTRUMENT_UNKNOWN, `there is no instrument ${key}`);
    }
    if (ids.length > 1) throw refused('key', Reason.INSTRUMENT_AMBIGUOUS, `${key} is more than one instrument: give the id`);
    return id;
  }

  async #account(accountId: string, field: string): Promise<void> {
    try {
      await this.calls.any(ACCOUNT_SERVICE).getAccount({ accountId }, { timeoutMs: askMs });
    } catch (error) {
      if (!(error instanceof CallError) || error.reason !== Reason.ACCOUNT_UNKNOWN) throw error;
      throw accountUnknown(field, accountId);
    }
  }
}

const accountUnknown = (field: string, accountId: string): CallError =>
  refused(field, Reason.ACCOUNT_UNKNOWN, `there is no account ${accountId}`);

function refused(field: string, reason: Reason, text: string): CallError {
  return new CallError(text, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description: text, reason }] });
}
