import { describe, expect, it } from '@jest/globals';
import { HaltScope, Reason } from '@switchyard/contracts';
import { HaltState, type HaltRequest, Limits, type SetLimitsRequest } from '@switchyard/contracts/gen/risk/v1/service';
import { limitsMessage, profiles } from './profiles.js';
import { RiskBook } from './risk-book.js';

const profile = profiles['sim-default'];
const haltRequest = (differs: Partial<HaltRequest> = {}): HaltRequest => ({
  scope: HaltScope.ACCOUNT,
  key: 'A1',
  text: 'fat finger',
  ...differs,
});

function engage(book: RiskBook, haltId: string, differs: Partial<HaltRequest> = {}): void {
  const engaged = book.engage(haltRequest(differs), haltId, 'olga', 1);
  if (engaged.ok && 'fact' in engaged.value) book.apply({ atMs: 1, event: engaged.value.fact });
}

describe('limits', () => {
  const setLimits = (book: RiskBook, differs: Partial<SetLimitsRequest>): string => {
    const request: SetLimitsRequest = {
      accountId: 'A1',
      riskGroupId: '',
      text: 'more',
      limits: Limits.fromPartial({ orderQtyMax: '5' }),
      ...differs,
    };
    const fact = book.setLimits(request, 'olga');
    if (fact.ok) book.apply({ atMs: 1, event: fact.value });
    return fact.ok ? `version ${fact.value.value.limits!.version}` : `${Reason[fact.error.reason]} ${fact.error.field}`;
  };

  it('are the profile until somebody sets others, and rise in version over all accounts', () => {
    const book = new RiskBook(profile);
    expect(book.limitsOfAccount('A1')).toBe(profile.limits);
    expect(setLimits(book, {})).toBe('version 1');
    expect(setLimits(book, { accountId: 'A2' })).toBe('version 2');
    expect(book.limitsVersion).toBe(2);
    expect(limitsMessage(book.limitsOfAccount('A1'))).toEqual({ ...limitsMessage(profile.limits), version: 1, orderQtyMax: '5' });
    expect(setLimits(book, { limits: Limits.fromPartial({ openValueMax: '7' }) })).toBe('version 3');
    expect(limitsMessage(book.limitsOfAccount('A1'))).toEqual({ ...limitsMessage(profile.limits), version: 3, openValueMax: '7' });
  });

  it('of a risk group limit only what they say', () => {
    const book = new RiskBook(profile);
    expect(book.limitsOfGroup('G1')).toBeUndefined();
    setLimits(book, { accountId: '', riskGroupId: 'G1' });
    expect(limitsMessage(book.limitsOfGroup('G1')!)).toEqual(Limits.fromPartial({ version: 1, orderQtyMax: '5' }));
  });

  it.each<[string, Partial<SetLimitsRequest>]>([
    ['FIELD_REQUIRED accountId', { accountId: '' }],
    ['FIELD_NOT_ALLOWED riskGroupId', { riskGroupId: 'G1' }],
    ['FIELD_REQUIRED text', { text: '' }],
    ['FIELD_MALFORMED text', { text: 'x\u0000y' }],
    ['FIELD_REQUIRED limits', { limits: undefined }],
    ['FIELD_MALFORMED limits.orderQtyMax', { limits: Limits.fromPartial({ orderQtyMax: 'many' }) }],
    ['NOT_POSITIVE limits.openValueMax', { limits: Limits.fromPartial({ openValueMax: '0' }) }],
    ['NOT_POSITIVE limits.positionQtyMax', { limits: Limits.fromPartial({ positionQtyMax: '-1' }) }],
    ['OUT_OF_RANGE limits.priceCollarPercent', { limits: Limits.fromPartial({ priceCollarPercent: '100.1' }) }],
    ['OUT_OF_RANGE limits.stopCollarPercent', { limits: Limits.fromPartial({ stopCollarPercent: '100.1' }) }],
    ['NOT_POSITIVE limits.stopCollarPercent', { limits: Limits.fromPartial({ stopCollarPercent: '0' }) }],
    ['OUT_OF_RANGE limits.commandsPerSecondMax', { limits: Limits.fromPartial({ commandsPerSecondMax: -1 }) }],
    ['OUT_OF_RANGE limits.quoteAgeMaxMs', { limits: Limits.fromPartial({ quoteAgeMaxMs: 0.5 }) }],
    ['version 1', { limits: Limits.fromPartial({ priceCollarPercent: '100' }) }],
  ])('are %s', (outcome, differs) => {
    expect(setLimits(new RiskBook(profile), differs)).toBe(outcome);
  });

  it('allow nothing where a stored one can not be read', () => {
    const book = new RiskBook(profile);
    const limits = Limits.fromPartial({ version: 1, orderQtyMax: 'rot' });
    book.apply({ atMs: 1, event: { $case: 'limitsChanged', value: { accountId: 'A1', riskGroupId: '', limits, text: '', actor: '' } } });
    expect(book.limitsOfAccount('A1').orderQtyMax).toBe(0n);
  });
});

describe('halts', () => {
  it('are ENGAGING when recorded, ENGAGED when all have them, gone when released; the version rises with what is in force', () => {
    const book = new RiskBook(profile);
    engage(book, 'H1');
    engage(book, 'H2', { scope: HaltScope.ALL, key: '' });
    expect([book.halts.version, book.halts.halts.map((each) => each.haltId), book.engaging().map((each) => each.haltVersion)]).toEqual([
      2,
      ['H1', 'H2'],
      [1, 2],
    ]);
    book.apply({ atMs: 2, event: book.engaged('H1')! });
    expect([book.halts.version, book.halt('H1')?.state, book.engaging().length]).toEqual([2, HaltState.ENGAGED, 1]);
    expect(book.engaged('H1')).toBeUndefined();
    const released = book.release({ haltId: 'H1', text: 'done' }, 'olga');
    if (released.ok && released.value !== undefined) book.apply({ atMs: 3, event: released.value });
    expect([book.halts.version, book.halts.halts.map((each) => each.haltId), book.engaged('H1')]).toEqual([3, ['H2'], undefined]);
  });

  it('of the same thing are one', () => {
    const book = new RiskBook(profile);
    engage(book, 'H1');
    expect(book.engage(haltRequest({ text: 'again' }), 'H2', 'otto', 2)).toMatchObject({
      ok: true,
      value: { known: { halt: { haltId: 'H1', actor: 'olga' } } },
    });
  });

  it.each<[string, Partial<HaltRequest>]>([
    ['ENUM_UNKNOWN scope', { scope: HaltScope.UNSPECIFIED }],
    ['ENUM_UNKNOWN scope', { scope: HaltScope.UNRECOGNIZED }],
    ['ENUM_UNKNOWN scope', { scope: 42 as HaltScope }],
    ['FIELD_NOT_ALLOWED key', { scope: HaltScope.ALL }],
    ['FIELD_REQUIRED key', { key: '' }],
    ['FIELD_REQUIRED text', { text: '' }],
    ['FIELD_REQUIRED text', { text: ' ' }],
    ['FIELD_MALFORMED text', { text: 'x\u0000y' }],
    ['REQUEST_TOO_LARGE text', { text: 'x'.repeat(401) }],
  ])('are refused as %s', (outcome, differs) => {
    const engaged = new RiskBook(profile).engage(haltRequest(differs), 'H1', 'olga', 1);
    expect(engaged.ok ? 'ok' : `${Reason[engaged.error.reason]} ${engaged.error.field}`).toBe(outcome);
  });

  it('are released by name and with a reason', () => {
    const book = new RiskBook(profile);
    engage(book, 'H1');
    expect(book.release({ haltId: 'H1', text: '' }, 'olga')).toMatchObject({ ok: false, error: { field: 'text' } });
    const unnamed = { reason: Reason.FIELD_REQUIRED, field: 'haltId' };
    expect(book.release({ haltId: '', text: 'done' }, 'olga')).toMatchObject({ ok: false, error: unnamed });
    const text = 'there is and was no halt H9: ListHalts (GET /v1/halts, "switchyard status") lists those in force';
    const unknown = { reason: Reason.HALT_UNKNOWN, field: 'haltId', text };
    expect(book.release({ haltId: 'H9', text: 'done' }, 'olga')).toEqual({ ok: false, error: unknown });
  });

  it('are released once: whoever repeats it, also after a start, is told so and writes nothing', () => {
    const [book, started] = [new RiskBook(profile), new RiskBook(profile)];
    engage(book, 'H1');
    const released = book.release({ haltId: 'H1', text: 'done' }, 'olga');
    for (const each of [book, started]) {
      if (released.ok && released.value !== undefined) each.apply({ atMs: 3, event: released.value });
      expect(each.release({ haltId: 'H1', text: 'again' }, 'otto')).toEqual({ ok: true, value: undefined });
      expect(each.halts.version).toBe(2);
    }
  });

  it('change nothing by facts that this version does not know', () => {
    const book = new RiskBook(profile);
    book.apply({ atMs: 1, event: undefined });
    book.apply({ atMs: 1, event: { $case: 'haltEngaged', value: { halt: undefined, state: HaltState.ENGAGING, haltVersion: 1 } } });
    book.apply({
      atMs: 1,
      event: { $case: 'limitsChanged', value: { accountId: 'A1', riskGroupId: '', limits: undefined, text: '', actor: '' } },
    });
    expect([book.halts.version, book.limitsVersion]).toEqual([0, 0]);
  });
});
