// Limits and halts: the fold of the journal stream `risk`, and the commands that write it.
import { type Halt, HaltScope, Reason, violationOfReason } from '@switchyard/contracts';
import { type HaltEngaged, type HaltReleased, type LimitsChanged, type RiskEvent } from '@switchyard/contracts/gen/risk/v1/events';
import {
  HaltState,
  type HaltRequest,
  type Limits,
  type ReleaseRequest,
  type SetLimitsRequest,
} from '@switchyard/contracts/gen/risk/v1/service';
import { assertNever, err, ok, type Result } from '@switchyard/kernel';
import { HaltBook } from './halt-book.js';
import { accountLimits, checkedLimits, type EffectiveLimits, groupLimits, type Profile } from './profiles.js';
import { type Refusal } from './proposed-order.js';

/** A halt and whether all have it. */
export interface KnownHalt {
  readonly halt: Halt;
  readonly state: HaltState;
  /** The version that it came with: whoever has put this version or a later one refuses by it. */
  readonly haltVersion: number;
}

type Fact = NonNullable<RiskEvent['event']>;

export class RiskBook {
  /** The newest version of any limits; 0 while nobody has set any. */
  #limitsVersion = 0;
  readonly #accounts = new Map<string, EffectiveLimits>();
  readonly #groups = new Map<string, EffectiveLimits>();
  readonly #halts = new Map<string, KnownHalt>();
  /** Ids of the halts that were released, ever: people make them, so they are few. */
  readonly #released = new Set<string>();
  #haltBook = HaltBook.empty;

  constructor(readonly profile: Profile) {}

  get halts(): HaltBook {
    return this.#haltBook;
  }

  get limitsVersion(): number {
    return this.#limitsVersion;
  }

  limitsOfAccount(accountId: string): EffectiveLimits {
    return this.#accounts.get(accountId) ?? this.profile.limits;
  }

  /** Undefined: nobody has set limits of the group, only its accounts' count. */
  limitsOfGroup(riskGroupId: string): EffectiveLimits | undefined {
    return this.#groups.get(riskGroupId);
  }

  halt(haltId: string): KnownHalt | undefined {
    return this.#halts.get(haltId);
  }

  /** The halts that not everybody has yet, as far as is recorded. */
  engaging(): KnownHalt[] {
    return [...this.#halts.values()].filter((known) => known.state === HaltState.ENGAGING);
  }

  /** Folds the next fact of the stream `risk`. Throws nothing: a kind of a newer version changes nothing here. */
  apply(event: RiskEvent): void {
    const fact = event.event;
    if (fact === undefined) return;
    switch (fact.$case) {
      case 'limitsChanged':
        return this.#applyLimits(fact.value);
      case 'haltEngaged':
        return this.#applyEngaged(fact.value);
      case 'haltReleased':
        return this.#applyReleased(fact.value);
      default:
        assertNever(fact, 'risk event');
    }
  }

  /** The fact that sets limits, with the next version. */
  setLimits(request: SetLimitsRequest, actor: string): Result<Fact & { $case: 'limitsChanged' }, Refusal> {
    const { accountId, riskGroupId, text } = request;
    if (accountId === '' && riskGroupId === '') return refuse(Reason.FIELD_REQUIRED, 'accountId', 'an account or a risk group is required');
    if (accountId !== '' && riskGroupId !== '')
      return refuse(Reason.FIELD_NOT_ALLOWED, 'riskGroupId', 'an account and a risk group must not be given together');
    const wrong = wrongText(text);
    if (wrong !== undefined) return err(wrong);
    if (request.limits === undefined) return refuse(Reason.FIELD_REQUIRED, 'limits', 'limits are required');
    const checked = checkedLimits(request.limits);
    if (!checked.ok) return refuse(checked.error.reason, `limits.${checked.error.field}`, checked.error.text);
    const limits: Limits = { ...checked.value, version: this.#limitsVersion + 1 };
    return ok({ $case: 'limitsChanged', value: { accountId, riskGroupId, limits, text, actor } });
  }

  /** The fact that engages a halt. The same scope and key a second time gives the halt that is in force. */
  engage(
    request: HaltRequest,
    haltId: string,
    actor: string,
    atMs: number,
  ): Result<{ known: KnownHalt } | { fact: Fact & { $case: 'haltEngaged' } }, Refusal> {
    const { scope, key, text } = request;
    if (HaltScope[scope] === undefined || scope === HaltScope.UNSPECIFIED || scope === HaltScope.UNRECOGNIZED) {
      return refuse(Reason.ENUM_UNKNOWN, 'scope', 'scope must be ALL, BROKER, ACCOUNT, STRATEGY or INSTRUMENT.');
    }
    if (scope === HaltScope.ALL && key !== '') return refuse(Reason.FIELD_NOT_ALLOWED, 'key', 'a halt of everything has no key');
    if (scope !== HaltScope.ALL && key === '') return refuse(Reason.FIELD_REQUIRED, 'key', 'key is required: what the halt covers');
    const wrong = wrongText(text);
    if (wrong !== undefined) return err(wrong);
    for (const known of this.#halts.values()) if (known.halt.scope === scope && known.halt.key === key) return ok({ known });
    const halt: Halt = { haltId, scope, key, text, actor, atMs };
    return ok({ fact: { $case: 'haltEngaged', value: { halt, state: HaltState.ENGAGING, haltVersion: this.#haltBook.version + 1 } } });
  }

  /** The fact that all have the halt now; undefined when it is recorded already, or the halt was released meanwhile. */
  engaged(haltId: string): (Fact & { $case: 'haltEngaged' }) | undefined {
    const known = this.#halts.get(haltId);
    if (known === undefined || known.state === HaltState.ENGAGED) return undefined;
    return { $case: 'haltEngaged', value: { halt: known.halt, state: HaltState.ENGAGED, haltVersion: known.haltVersion } };
  }

  /** The fact that releases a halt; undefined when it is released already: who repeats a release wants what is the case. */
  release({ haltId, text }: ReleaseRequest, actor: string): Result<(Fact & { $case: 'haltReleased' }) | undefined, Refusal> {
    if (haltId === '') return refuse(Reason.FIELD_REQUIRED, 'haltId', 'haltId is required');
    const wrong = wrongText(text);
    if (wrong !== undefined) return err(wrong);
    if (this.#released.has(haltId)) return ok(undefined);
    if (!this.#halts.has(haltId)) return refuse(Reason.HALT_UNKNOWN, 'haltId', noSuchHalt(haltId));
    return ok({ $case: 'haltReleased', value: { haltId, text, actor, haltVersion: this.#haltBook.version + 1 } });
  }

  #applyLimits({ accountId, riskGroupId, limits }: LimitsChanged): void {
    if (limits === undefined) return;
    this.#limitsVersion = Math.max(this.#limitsVersion, limits.version);
    if (accountId !== '') this.#accounts.set(accountId, accountLimits(this.profile, limits));
    else this.#groups.set(riskGroupId, groupLimits(limits));
  }

  #applyEngaged({ halt, state, haltVersion }: HaltEngaged): void {
    if (halt === undefined) return;
    const isNew = !this.#halts.has(halt.haltId);
    this.#halts.set(halt.haltId, { halt, state, haltVersion });
    if (isNew) this.#remake(haltVersion);
  }

  #applyReleased({ haltId, haltVersion }: HaltReleased): void {
    this.#halts.delete(haltId);
    this.#released.add(haltId);
    this.#remake(haltVersion);
  }

  #remake(version: number): void {
    this.#haltBook = new HaltBook(
      Math.max(version, this.#haltBook.version),
      [...this.#halts.values()].map((known) => known.halt),
    );
  }
}

function noSuchHalt(haltId: string): string {
  return `there is and was no halt ${haltId}: ListHalts (GET /v1/halts, "switchyard status") lists those in force`;
}

function wrongText(text: string): Refusal | undefined {
  const violation = violationOfReason(text);
  return violation && { reason: violation.reason, field: violation.field, text: violation.description };
}

function refuse(reason: Reason, field: string, text: string): Result<never, Refusal> {
  return err({ reason, field, text });
}
