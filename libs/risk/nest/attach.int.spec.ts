// Streams of owners: fold, judge, break, rebuild.
import { describe, expect, it } from '@jest/globals';
import { OrdType, Reason, RequestKind } from '@switchyard/contracts';
import { RiskGroupId, shardOf } from '@switchyard/kernel';
import { aContent, aQuote } from '@switchyard/risk-core/testing';
import { eventually } from '@switchyard/testkit';
import { type Owner } from './testing/owner.js';
import { options, refusal, World } from './testing/world.js';

const world = World.forSpec();
const market = aContent({ ordType: OrdType.MARKET, price: undefined });

describe('a stream of an owner', () => {
  it('tells the halts, folds the journal and judges', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    owner.facts.accept(owner.accountId, 'O1', aContent());
    owner.facts.trade('O1', '4');
    const { to, fromSeq } = await world.attached(owner);
    expect([fromSeq, to.halts()]).toEqual([1, '0: ']);
    expect(await to.check(1, 'O2')).toBe('approved');
    expect(await to.check(2, 'O3', aContent({ orderQty: '100001' }))).toBe('QUANTITY_EXCEEDS_MAXIMUM');
    expect(to.decision(1)).toMatchObject({
      judgedSeq: 3,
      limitsVersion: 0,
      referencePrice: '1500',
      inputs: { CUM_OPEN_VALUE: '24000 10000000000' },
    });
    expect(await world.stateOf(owner)).toMatchObject({
      openValue: '24000',
      openOrders: 2,
      foldedSeq: 3,
      exposures: [{ instrumentId: 'INFY', position: '4', openBuyQty: '16', openSellQty: '0' }],
    });
    to.send({ $case: 'abandon', value: { checkId: 1 } });
    await eventually(async () => (await world.stateOf(owner)).openOrders === 1, { what: 'the abandon' });
  });

  it('is the same inside one process', async () => {
    await world.moveTogether();
    const owner = world.anOwner();
    owner.facts.accept(owner.accountId, 'O1', aContent());
    const { to, fromSeq } = await world.attached(owner);
    expect([fromSeq, await to.check(1, 'O2'), await to.check(2, 'O3', { ...market, instrument: 'TCS' })]).toEqual([
      1,
      'approved',
      'STALE_DATA',
    ]);
    expect(await world.stateOf(owner)).toMatchObject({ openOrders: 2, foldedSeq: 2 });
  });

  it('is refused to whoever is not a service', async () => {
    await world.startRisk();
    const { to } = await world.attached(world.anOwner());
    const intruder = world.link(to.owner, world.tokenOf('risk-officer'));
    await eventually(() => intruder.closed === 'PERMISSION_DENIED', { what: 'a refusal' });
  });

  it('breaks: what it reserved is gone, and the owner attaches again where risk has folded to', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const first = await world.attached(owner);
    owner.facts.accept(owner.accountId, 'O1', aContent());
    first.to.sendLast();
    expect(await first.to.check(1, 'O2')).toBe('approved');
    first.to.close();
    const { to, fromSeq } = await world.attached(owner);
    expect(fromSeq).toBe(3);
    expect(await world.stateOf(owner)).toMatchObject({ openOrders: 1, foldedSeq: 2 });
    expect(await to.check(1, 'O2')).toBe('approved');
  });

  it('counts only while it is the newest of its shard', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const older = await world.attached(owner);
    const newer = await world.attached(owner);
    await eventually(() => older.to.detached() !== undefined, { what: 'the older one to be detached' });
    older.to.ask(1, 'O1');
    expect(await newer.to.check(2, 'O2')).toBe('approved');
    expect(older.to.decided()).toEqual([]);
    expect((await world.stateOf(owner)).openOrders).toBe(1);
  });

  it('is detached at a gap, and may attach again', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const { to } = await world.attached(owner);
    owner.facts.accept(owner.accountId, 'O1', aContent());
    owner.facts.accept(owner.accountId, 'O2', aContent());
    to.sendLast();
    await eventually(() => to.detached() === 'got fact 3 after 1', { what: 'the gap to be found' });
    expect(await to.attach()).toBe(2);
    expect((await world.stateOf(owner)).openOrders).toBe(2);
  });
});

describe('a quote that is missing', () => {
  it('is fetched within the deadline of the check, and decisions keep the order of the checks', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const { to } = await world.attached(owner);
    world.neighbours.fetchable.set('TCS', aQuote({ instrumentId: 'TCS', atMs: Date.now() }));
    to.ask(1, 'O1', { ...market, instrument: 'TCS' });
    to.ask(2, 'O2');
    to.ask(3, 'O3');
    to.send({ $case: 'abandon', value: { checkId: 2 } });
    expect(await to.outcome(3)).toBe('approved');
    expect(to.decided()[0]).toBe(1);
    expect(await to.outcome(1)).toBe('approved');
    expect(world.neighbours.fetches).toEqual(['TCS']);
    expect((await world.stateOf(owner)).openOrders).toBe(2);
  });

  it('refuses a MARKET order where nobody has it, without asking again and again, and lets a LIMIT order near the close pass', async () => {
    await world.startRisk();
    const { to } = await world.attached(world.anOwner());
    expect(await to.check(1, 'O1', { ...market, instrument: 'TCS' })).toBe('STALE_DATA');
    expect(await to.check(2, 'O2', { ...market, instrument: 'TCS' })).toBe('STALE_DATA');
    expect(await to.check(3, 'O3', aContent({ instrument: 'TCS', price: '1490' }))).toBe('approved');
    expect(world.neighbours.fetches).toEqual(['TCS']);
  });

  it('or that can not be had, since the feed is down, does not stop a LIMIT order; what can not be read is left out', async () => {
    world.neighbours.instruments.push({ ...world.neighbours.instruments[0]!, instrumentId: 'BAD', tickSize: '' });
    world.neighbours.streamed.push(aQuote({ instrumentId: 'TCS', atMs: Date.now(), lastPx: 'much' }));
    world.neighbours.feedDown = true;
    await world.startRisk();
    const { to } = await world.attached(world.anOwner());
    expect(await to.check(1, 'O1', aContent({ instrument: 'TCS', price: '1490' }))).toBe('approved');
    expect(await to.check(2, 'O2', aContent({ instrument: 'BAD' }))).toBe('INSTRUMENT_NOT_TRADABLE');
    expect(world.neighbours.fetches).toEqual(['TCS']);
  });

  it('or old, since the stream broke: it is fetched too, and followed again', async () => {
    world.neighbours.streamed = [aQuote({ atMs: Date.now() - 60_000 })];
    await world.startRisk();
    const { to } = await world.attached(world.anOwner());
    world.neighbours.fetchable.set('INFY', aQuote({ atMs: Date.now(), lastPx: '1510' }));
    expect(await to.check(1, 'O1', market)).toBe('approved');
    expect(to.decision(1)?.referencePrice).toBe('1510');
    world.neighbours.streamed = [aQuote({ atMs: Date.now() + 1, lastPx: '1520' })];
    world.neighbours.breakQuoteStreams();
    let checkId = 2;
    await eventually(
      async () => {
        await to.check(checkId, `O${checkId}`);
        return to.decision(checkId++)?.referencePrice === '1520';
      },
      { what: 'a decision by the new quote' },
    );
  });
});

describe('after a restart of risk', () => {
  const story = (owner: Owner): void => {
    owner.facts.accept(owner.accountId, 'O1', aContent());
    owner.facts.trade('O1', '4');
    owner.facts.accept(owner.accountId, 'O2', market, '1500');
    owner.facts.inDoubt('O2', RequestKind.NEW);
    owner.facts.replaceRequested('O1', '20', '1510');
  };

  it.each([
    ['from its snapshot', true],
    ['from the first fact where it has none', false],
  ])('the exposure is the same, rebuilt %s', async (_, keepSnapshot) => {
    const first = await world.startRisk();
    const owner = world.anOwner();
    story(owner);
    const before = await world.attached(owner);
    await before.to.check(1, 'O3');
    before.to.send({ $case: 'abandon', value: { checkId: 1 } });
    const state = await eventually(async () => (await world.stateOf(owner)).openOrders === 2 && (await world.stateOf(owner)), {
      what: 'the abandon',
    });
    await world.stop(first);
    if (!keepSnapshot) await world.admin.query('TRUNCATE risk.snapshots');
    owner.facts.confirm('O1');
    await world.startRisk();
    const { fromSeq } = await world.attached(owner);
    expect(fromSeq).toBe(keepSnapshot ? 7 : 1);
    expect(await world.stateOf(owner)).toEqual({ ...state, foldedSeq: 7 });
  });

  it('a snapshot that can not be read only costs time', async () => {
    const owner = world.anOwner();
    story(owner);
    await world.admin.query('INSERT INTO risk.snapshots (shard, seq, payload) VALUES ($1, 3, $2)', [owner.shard, Buffer.from('rotten')]);
    await world.startRisk();
    const { fromSeq } = await world.attached(owner);
    expect([fromSeq, (await world.stateOf(owner)).openOrders]).toEqual([1, 2]);
  });

  it('a shard with many facts is stored while it runs', async () => {
    await world.startRisk({ RISK_SNAPSHOT_FACTS: '3' });
    const owner = world.anOwner();
    story(owner);
    await world.attached(owner);
    await eventually(
      async () => (await world.admin.query('SELECT FROM risk.snapshots WHERE shard = $1 AND seq >= 3', [owner.shard])).rowCount === 1,
      { what: 'a snapshot' },
    );
  });
});

describe('a preview', () => {
  it('judges as an order would be, and reserves nothing; an account that risk does not know, or a shard that is not attached, is an error', async () => {
    await world.startRisk();
    const owner = world.anOwner();
    const request = {
      accountId: owner.accountId,
      riskGroupId: owner.accountId,
      content: aContent(),
      brokerAccountId: 'PAPER-1',
      broker: 'paper',
    };
    expect(await refusal(world.risk().preview(request, options))).toBe('RISK_UNAVAILABLE');
    await world.attached(owner);
    expect((await world.risk().preview(request, options)).decision).toMatchObject({ approved: true, inputs: { LOT: '10 1' } });
    expect((await world.risk().preview({ ...request, broker: 'zerodha' }, options)).decision).toMatchObject({
      approved: false,
      reason: Reason.ENV_ISOLATION,
    });
    expect((await world.stateOf(owner)).openOrders).toBe(0);
    // Another group of the same shard, which is the one that is attached.
    const besideGroup = Array.from({ length: 5_000 }, (_, at) => `NOPE-${at}`).find((id) => shardOf(RiskGroupId(id)) === owner.shard)!;
    expect(await refusal(world.risk().getRiskState({ accountId: 'NOBODY', riskGroupId: owner.accountId }, options))).toBe(
      'ACCOUNT_UNKNOWN riskGroupId',
    );
    expect(await refusal(world.risk().getRiskState({ accountId: owner.accountId, riskGroupId: besideGroup }, options))).toBe(
      'ACCOUNT_UNKNOWN riskGroupId',
    );
    expect(await refusal(world.risk().getRiskState({ accountId: '', riskGroupId: '' }, options))).toBe('FIELD_REQUIRED accountId');
    expect(await refusal(world.risk().getRiskState({ accountId: 'NOPE', riskGroupId: '' }, options))).toBe('FIELD_REQUIRED riskGroupId');
    expect(await refusal(world.risk().getRiskState({ accountId: owner.accountId, riskGroupId: 'no such thing' }, options))).toBe(
      'FIELD_MALFORMED riskGroupId',
    );
    expect(await refusal(world.risk().preview(request, { ...options, token: world.tokenOf() }))).toBe('ACCOUNT_UNKNOWN accountId');
  });
});
