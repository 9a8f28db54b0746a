// Limits as the checks use them, and the profiles that fill what nobody has set.
import { numberRules, Reason } from '@switchyard/contracts';
import { type Limits } from '@switchyard/contracts/gen/risk/v1/service';
import { err, formatDecimal, ok, parseDecimal, type Result } from '@switchyard/kernel';
import { hundredPercent, type Refusal } from './proposed-order.js';

/** Limits in force for an account or a risk group; undefined is not limited (only for a group). */
export interface EffectiveLimits {
  /** 0 where nobody has set any. */
  readonly version: number;
  /** Check 9: scaled 1e9. */
  readonly orderQtyMax: bigint | undefined;
  /** Check 10: scaled 1e9. */
  readonly orderValueMax: bigint | undefined;
  /** Check 12: percent, scaled 1e9. */
  readonly priceCollarPercent: bigint | undefined;
  /** Check 12, for stop prices: percent, scaled 1e9. */
  readonly stopCollarPercent: bigint | undefined;
  /** Check 15. */
  readonly quoteAgeMaxMs: number | undefined;
  /** Check 17. */
  readonly commandsPerSecondMax: number | undefined;
  /** Check 19: scaled 1e9. */
  readonly openValueMax: bigint | undefined;
  /** Check 20: scaled 1e9. */
  readonly positionQtyMax: bigint | undefined;
}

/** What holds where nobody has set anything else. */
export interface Profile {
  readonly name: string;
  readonly limits: { readonly [K in keyof EffectiveLimits]-?: NonNullable<EffectiveLimits[K]> };
  /** Whether an order with a limit or stop price may be judged by a stale quote or the previous close. A MARKET order never is. */
  readonly limitOnStaleQuote: boolean;
  /** Check 5: oldest master that counts, in weekdays; undefined where the master is a file that comes with the release. */
  readonly masterAgeMaxWeekdays: number | undefined;
}

const units = (whole: number): bigint => BigInt(whole) * 1_000_000_000n;

/** Generous: a demonstration or a bench must not meet them by accident. */
const simDefault: Profile = {
  name: 'sim-default',
  limits: {
    version: 0,
    orderQtyMax: units(100_000),
    orderValueMax: units(10_000_000),
    priceCollarPercent: units(5),
    stopCollarPercent: units(50),
    quoteAgeMaxMs: 10_000,
    commandsPerSecondMax: 10_000,
    openValueMax: units(10_000_000_000),
    positionQtyMax: units(10_000_000),
  },
  limitOnStaleQuote: true,
  masterAgeMaxWeekdays: undefined,
};

/** Tight: real money starts here, and an officer raises what must be raised. Rates stay below the 10 a second that unregistered algorithms have. */
const liveDefault: Profile = {
  name: 'live-default',
  limits: {
    version: 0,
    orderQtyMax: units(1_000),
    orderValueMax: units(500_000),
    priceCollarPercent: units(3),
    stopCollarPercent: units(20), // No Indian exchange lets a price move further in a day.
    quoteAgeMaxMs: 2_000,
    commandsPerSecondMax: 8,
    openValueMax: units(2_000_000),
    positionQtyMax: units(2_000),
  },
  limitOnStaleQuote: false,
  masterAgeMaxWeekdays: 1,
};

/** All profiles by name. */
export const profiles = { 'sim-default': simDefault, 'live-default': liveDefault } as const satisfies Record<string, Profile>;

/** Limits of an account: the profile's where none are set. */
export function accountLimits(profile: Profile, set: Limits): EffectiveLimits {
  const own = groupLimits(set);
  const base = profile.limits;
  return {
    version: own.version,
    orderQtyMax: own.orderQtyMax ?? base.orderQtyMax,
    orderValueMax: own.orderValueMax ?? base.orderValueMax,
    priceCollarPercent: own.priceCollarPercent ?? base.priceCollarPercent,
    stopCollarPercent: own.stopCollarPercent ?? base.stopCollarPercent,
    quoteAgeMaxMs: own.quoteAgeMaxMs ?? base.quoteAgeMaxMs,
    commandsPerSecondMax: own.commandsPerSecondMax ?? base.commandsPerSecondMax,
    openValueMax: own.openValueMax ?? base.openValueMax,
    positionQtyMax: own.positionQtyMax ?? base.positionQtyMax,
  };
}

/** Limits of a risk group: what is not set is not limited, since its accounts have limits of their own. */
export function groupLimits(set: Limits): EffectiveLimits {
  return {
    version: set.version,
    orderQtyMax: decimal(set.orderQtyMax),
    orderValueMax: decimal(set.orderValueMax),
    priceCollarPercent: decimal(set.priceCollarPercent),
    stopCollarPercent: decimal(set.stopCollarPercent),
    quoteAgeMaxMs: set.quoteAgeMaxMs === 0 ? undefined : set.quoteAgeMaxMs,
    commandsPerSecondMax: set.commandsPerSecondMax === 0 ? undefined : set.commandsPerSecondMax,
    openValueMax: decimal(set.openValueMax),
    positionQtyMax: decimal(set.positionQtyMax),
  };
}

const decimalLimits = [
  'orderQtyMax',
  'orderValueMax',
  'priceCollarPercent',
  'stopCollarPercent',
  'openValueMax',
  'positionQtyMax',
] as const;

/** Checks limits that somebody wants to set: every decimal empty or greater than zero, every number 0 or more. */
export function checkedLimits(limits: Limits): Result<Limits, Refusal> {
  for (const field of decimalLimits) {
    if (limits[field] === '') continue;
    const parsed = parseDecimal(limits[field]);
    if (!parsed.ok) return refuse(Reason.FIELD_MALFORMED, field, `${field} is malformed: ${parsed.error.rule}`);
    if (parsed.value <= 0n) return refuse(Reason.NOT_POSITIVE, field, `${field} must be greater than zero, or empty`);
    if (field.endsWith('Percent') && parsed.value > hundredPercent) return refuse(Reason.OUT_OF_RANGE, field, `${field} is at most 100`);
  }
  for (const field of ['quoteAgeMaxMs', 'commandsPerSecondMax'] as const) {
    if (!Number.isSafeInteger(limits[field]) || limits[field] < 0)
      return refuse(Reason.OUT_OF_RANGE, field, `${field} ${numberRules[field]}`);
  }
  return ok(limits);
}

/** Limits as the API gives them; what is not limited is empty or 0. */
export function limitsMessage(limits: EffectiveLimits): Limits {
  const text = (value: bigint | undefined): string => (value === undefined ? '' : formatDecimal(value));
  return {
    version: limits.version,
    orderQtyMax: text(limits.orderQtyMax),
    orderValueMax: text(limits.orderValueMax),
    priceCollarPercent: text(limits.priceCollarPercent),
    stopCollarPercent: text(limits.stopCollarPercent),
    quoteAgeMaxMs: limits.quoteAgeMaxMs ?? 0,
    commandsPerSecondMax: limits.commandsPerSecondMax ?? 0,
    openValueMax: text(limits.openValueMax),
    positionQtyMax: text(limits.positionQtyMax),
  };
}

function decimal(text: string): bigint | undefined {
  if (text === '') return undefined;
  const parsed = parseDecimal(text);
  return parsed.ok ? parsed.value : 0n; // A stored limit that nobody can read allows nothing.
}

function refuse(reason: Reason, field: string, text: string): Result<never, Refusal> {
  return err({ reason, field, text });
}
