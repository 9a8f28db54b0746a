// Limits and halts: set, spread, kept.
import { describe, expect, it } from '@jest/globals';
import { HaltScope, Reason, StatusCode } from '@switchyard/contracts';
import { InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { HaltState } from '@switchyard/contracts/gen/risk/v1/service';
import { anInstrument } from '@switchyard/risk-core/testing';
import { eventually } from '@switchyard/testkit';
import { type Owner } from './testing/owner.js';
import { limitsOf, options, refusal, World } from './testing/world.js';

const world = World.forSpec();

describe('limits', () => {
  it('are set by a risk officer, judge the next order, and survive a restart', async () => {
    const first = await world.startRisk();
    const owner = world.anOwner();
    const { to } = await world.attached(owner);
    expect(await refusal(world.risk().setLimits(limitsOf(owner, { orderQtyMax: '5' }), { ...options, token: world.tokenOf('ops') }))).toBe(
      'PERMISSION_DENIED',
    );
    expect(await refusal(world.risk().setLimits(limitsOf(owner, { orderQtyMax: '-5' }), world.officer()))).toBe(
      'NOT_POSITIVE limits.orderQtyMax',
    );
    const { limits } = await world.risk().setLimits(limitsOf(owner, { orderQtyMax: '5' }), world.officer());
    expect(limits).toMatchObject({ version: 1, orderQtyMax: '5' });
    expect(await to.check(1, 'O1')).toBe('QUANTITY_EXCEEDS_MAXIMUM');
    expect(to.decision(1)?.limitsVersion).toBe(1);
    await world.stop(first);
    await world.startRisk();
    const again = await world.attached(owner);
    expect(await again.to.check(2, 'O2')).toBe('QUANTITY_EXCEEDS_MAXIMUM');
    expect((await world.risk().setLimits(limitsOf(owner, { orderQtyMax: '50' }), world.officer())).limits?.version).toBe(2);
    expect(await again.to.check(3, 'O3')).toBe('approved');
    expect((await world.stateOf(owner)).limits).toMatchObject({ version: 2, orderQtyMax: '50', commandsPerSecondMax: 10_000 });
  });

  it('take the rate from the configuration where nobody has set one', async () => {
    await world.startRisk({ RISK_COMMANDS_PER_SECOND_MAX: '1' });
    const { to } = await world.attached(world.anOwner());
    to.ask(1, 'O1');
    to.ask(2, 'O2');
    expect([await to.outcome(1), await to.outcome(2)]).toEqual(['approved', 'ORDER_RATE']);
  });

  it('of an account have its own rate, whatever the configuration says', async () => {
    await world.startRisk({ RISK_COMMANDS_PER_SECOND_MAX: '1' });
    const owner = world.anOwner();
    const { to } = await world.attached(owner);
    await world.risk().setLimits(limitsOf(owner, { commandsPerSecondMax: 100 }), world.officer());
    to.ask(1, 'O1');
    to.ask(2, 'O2');
    expect([await to.outcome(1), await to.outcome(2)]).toEqual(['approved', 'approved']);
  });
});

describe('a halt', () => {
  const ofAccount = (owner: Owner) => ({ scope: HaltScope.ACCOUNT, key: owner.accountId, text: 'runaway' });

  it('is ENGAGED when owner and connector have it, refuses the next order, and ends when it is released', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const { to } = await world.attached(owner);
    expect(await refusal(world.risk().halt(ofAccount(owner), options))).toBe('PERMISSION_DENIED');
    const halted = await world.risk().halt(ofAccount(owner), world.officer());
    expect(halted).toMatchObject({ state: HaltState.ENGAGED, missing: [], halt: { key: owner.accountId, actor: 'olga' } });
    expect([world.neighbours.told.get('owner')?.haltVersion, world.neighbours.told.get('connector')?.haltVersion]).toEqual([1, 1]);
    await eventually(() => to.halts() === `1: ${owner.accountId}`, { what: 'the halt on the stream' });
    expect(await to.check(1, 'O1')).toBe('KILL_SWITCH');
    expect(await refusal(world.risk().release({ haltId: halted.halt!.haltId, text: '' }, world.officer()))).toBe('FIELD_REQUIRED text');
    expect(await world.risk().release({ haltId: halted.halt!.haltId, text: 'mended' }, world.officer())).toEqual({ halts: [] });
    expect(world.neighbours.told.get('connector')).toEqual({ haltVersion: 2, halts: [] });
    expect(await to.check(2, 'O2')).toBe('approved');
    expect(await world.risk().listHalts({}, options)).toEqual({ haltVersion: 2, halts: [] });
    const again = { haltId: halted.halt!.haltId, text: 'mended, said twice' };
    expect(await world.risk().release(again, world.officer())).toEqual({ halts: [] });
    expect(await world.risk().listHalts({}, options)).toEqual({ haltVersion: 2, halts: [] });
    const unknown = world.risk().release({ haltId: 'halt-of-nobody', text: 'mended' }, world.officer());
    await expect(unknown).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.HALT_UNKNOWN,
      violations: [{ field: 'haltId' }],
    });
  });

  it('is ENGAGING while somebody lacks it, says who, and is retried until all have it', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    await world.attached(owner);
    world.neighbours.deaf.add('connector');
    const halted = await world.risk().halt(ofAccount(owner), world.officer());
    expect(halted).toMatchObject({ state: HaltState.ENGAGING, missing: [`broker-connector ${world.around.address}`] });
    expect(world.neighbours.told.get('owner')?.haltVersion).toBe(1);
    world.neighbours.deaf.clear();
    await eventually(() => world.neighbours.told.get('connector')?.haltVersion === 1, { what: 'the connector to be told' });
    const again = await eventually(
      async () => {
        const same = await world.risk().halt(ofAccount(owner), world.officer());
        return same.state === HaltState.ENGAGED && same;
      },
      { what: 'ENGAGED' },
    );
    expect(again.halt?.haltId).toBe(halted.halt?.haltId);
  });

  it('survives a restart of risk, and goes on being spread', async () => {
    const first = await world.startRisk();
    const owner = world.anOwner();
    await world.attached(owner);
    world.neighbours.deaf.add('connector');
    await world.risk().halt(ofAccount(owner), world.officer());
    await world.stop(first);
    world.neighbours.deaf.clear();
    world.neighbours.told.clear();
    await world.startRisk();
    const { to } = await world.attached(owner);
    expect(to.halts()).toBe(`1: ${owner.accountId}`);
    expect(await to.check(1, 'O1')).toBe('KILL_SWITCH');
    await eventually(
      () => world.neighbours.told.get('connector')?.haltVersion === 1 && world.neighbours.told.get('owner')?.haltVersion === 1,
      { what: 'both to be told' },
    );
    const { rows } = await eventually(
      async () => {
        const found = await world.admin.query<{ seq: string }>("SELECT seq FROM risk.journal WHERE stream = 'risk' ORDER BY seq");
        return found.rowCount === 2 && found;
      },
      { what: 'ENGAGED in the journal' },
    );
    expect(rows.map((row) => Number(row.seq))).toEqual([1, 2]);
  });
});

describe('what halts and limits are for', () => {
  const halt = (scope: HaltScope, key: string) => world.risk().halt({ scope, key, text: 'a test' }, world.officer());

  it.each([
    ['an instrument', HaltScope.INSTRUMENT, 'NSE:NOSUCH', 'INSTRUMENT_UNKNOWN key'],
    ['an instrument by its id', HaltScope.INSTRUMENT, 'NOSUCH', 'INSTRUMENT_UNKNOWN key'],
    ['an account', HaltScope.ACCOUNT, 'NOSUCH', 'ACCOUNT_UNKNOWN key'],
    ['a broker', HaltScope.BROKER, 'nosuch', 'FIELD_MALFORMED key'],
    ['a strategy that no order can name', HaltScope.STRATEGY, 'any strategy', 'FIELD_MALFORMED key'],
  ])('must be there: %s that nobody knows is not halted', async (_name, scope, key, reason) => {
    world.neighbours.noAccounts.add('NOSUCH');
    await world.startRisk();
    expect(await refusal(halt(scope, key))).toBe(reason);
    expect(await world.risk().listHalts({}, options)).toEqual({ haltVersion: 0, halts: [] });
  });

  it('is an instrument by its symbol as by its id', async () => {
    await world.startRisk();
    const { to } = await world.attached(world.anOwner());
    expect((await halt(HaltScope.INSTRUMENT, 'nse:infy')).halt?.key).toBe('INFY');
    expect((await halt(HaltScope.INSTRUMENT, 'INFY')).halt?.haltId).toBe((await world.risk().listHalts({}, options)).halts[0]?.haltId);
    expect(await to.check(1, 'O1')).toBe('KILL_SWITCH');
  });

  it('is the living instrument where its listing passed to it from an expired one', async () => {
    const expired = anInstrument({ instrumentId: 'INFY-1', status: InstrumentStatus.EXPIRED });
    const ended = ['ENDED-1', 'ENDED-2'].map((instrumentId) => anInstrument({ ...expired, instrumentId, symbol: 'ENDED' }));
    world.neighbours.instruments.unshift(expired, ...ended);
    await world.startRisk();
    for (const [key, instrumentId] of [
      ['NSE:INFY', 'INFY'],
      ['INFY-1', 'INFY-1'],
      ['NSE:ENDED', 'ENDED-2'],
    ] as const)
      expect((await halt(HaltScope.INSTRUMENT, key)).halt?.key).toBe(instrumentId);
  });

  it('is a strategy of any name, and a broker of this environment', async () => {
    await world.startRisk();
    expect((await halt(HaltScope.STRATEGY, 'any')).state).toBe(HaltState.ENGAGED);
    expect((await halt(HaltScope.BROKER, 'paper')).state).toBe(HaltState.ENGAGED);
  });

  it('may be the id of an instrument before the instruments are known, since stopping must not wait; a symbol waits for them', async () => {
    world.neighbours.instrumentsDown = true;
    await world.runRisk();
    const halted = await eventually(() => halt(HaltScope.INSTRUMENT, 'INFY').catch(() => undefined), { what: 'the halt' });
    expect(halted.halt?.key).toBe('INFY');
    expect(await refusal(halt(HaltScope.INSTRUMENT, 'NSE:INFY'))).toBe('NOT_READY');
  });

  it('may be an account that nobody can be asked about, since stopping must not wait; its limits wait', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    world.neighbours.accountsDown = true;
    expect(await refusal(halt(HaltScope.ACCOUNT, 'A\0B'))).toBe('ACCOUNT_UNKNOWN key');
    expect((await halt(HaltScope.ACCOUNT, owner.accountId)).halt?.key).toBe(owner.accountId);
    expect(await refusal(world.risk().setLimits(limitsOf(owner, { orderQtyMax: '5' }), world.officer()))).toBe('UNAVAILABLE');
  });

  it('must be there for limits too', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const ofGroup = (riskGroupId: string) => ({ ...limitsOf(owner, { orderQtyMax: '5' }), accountId: '', riskGroupId });
    world.neighbours.noAccounts.add(owner.accountId);
    world.neighbours.groups.push('GROUP');
    expect(await refusal(world.risk().setLimits(limitsOf(owner, { orderQtyMax: '5' }), world.officer()))).toBe('ACCOUNT_UNKNOWN accountId');
    expect(await refusal(world.risk().setLimits(ofGroup('NOSUCH'), world.officer()))).toBe('FIELD_MALFORMED riskGroupId');
    expect((await world.risk().setLimits(ofGroup('GROUP'), world.officer())).limits?.version).toBe(1);
  });
});

describe('two risk processes', () => {
  it('keep one book of limits and halts, written by one of them, and find the shard where it is attached', async () => {
    const first = await world.startRisk();
    const second = await world.startRisk({ SWITCHYARD_PROCESS_NAME: 'risk-1', SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0' }, [
      `risk-engine=${first.address}`,
    ]);
    const owner = world.anOwner();
    const { to } = await world.attached(owner);
    const atSecond = world.risk(second.address);
    // Whichever of them writes, the other one forwards.
    const { limits } = await eventually(() => atSecond.setLimits(limitsOf(owner, { orderQtyMax: '5' }), world.officer()), {
      what: 'limits set at the second',
    });
    let checkId = 0;
    await eventually(async () => (await to.check(++checkId, `O${checkId}`)) === 'QUANTITY_EXCEEDS_MAXIMUM', { what: 'the first to know' });
    expect(await atSecond.getRiskState({ accountId: owner.accountId, riskGroupId: owner.accountId }, options)).toMatchObject({
      limits: { version: limits!.version },
    });
    const halted = await world.risk(first.address).halt({ scope: HaltScope.ALL, key: '', text: 'all' }, world.officer());
    expect(halted.state).toBe(HaltState.ENGAGED);
    for (const { address } of [first, second]) {
      await eventually(async () => (await world.risk(address).listHalts({}, options)).halts.length === 1, {
        what: `the halt at ${address}`,
      });
    }
  });
});
