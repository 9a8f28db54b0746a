import { describe, expect, it } from '@jest/globals';
import { type OrderContent, OrdStatus, OrdType, Reason, Side } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { Limits } from '@switchyard/contracts/gen/risk/v1/service';
import { SimClock } from '@switchyard/testkit';
import fc from 'fast-check';
import { profiles } from './profiles.js';
import { RiskBook } from './risk-book.js';
import { type FromOwner, RiskShard, type ToOwner } from './risk-shard.js';
import { lacksQuote, type Rules } from './decide.js';
import { aCheck, aContent, aMarket, anInstrument, aQuote, FactBook, testStartMs } from './testing/index.js';

/** A shard with one owner's facts, and what goes over the stream. */
class Bench {
  readonly facts = new FactBook();
  readonly clock = new SimClock(testStartMs);
  readonly book = new RiskBook(profiles['sim-default']);
  readonly rules: Rules;
  readonly shard: RiskShard<object>;
  readonly link = {};

  constructor(market = aMarket(anInstrument(), aQuote())) {
    this.rules = { book: this.book, market, environment: 'sim', brokersOfEnvironment: new Set(['paper']) };
    this.shard = new RiskShard<object>(0x7f, this.rules, this.clock);
    this.facts.open('A1', 'G1');
  }

  limits(differs: Partial<Limits>): void {
    const limits = Limits.fromPartial({ version: this.book.limitsVersion + 1, ...differs });
    this.book.apply({
      atMs: 0,
      event: { $case: 'limitsChanged', value: { accountId: 'A1', riskGroupId: '', limits, text: '', actor: '' } },
    });
  }

  attach(link: object = this.link, snapshot?: Uint8Array): ToOwner | undefined {
    this.shard.claim(link);
    return this.shard.begin(link, this.facts.lastSeq, snapshot);
  }

  /** Sends the facts from a sequence up to the end; the first answer, if any. */
  send(fromSeq: number, link: object = this.link): ToOwner | undefined {
    for (let seq = fromSeq; seq <= this.facts.lastSeq; seq++) {
      const answer = this.shard.receive(link, this.event(seq));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  event(seq: number): FromOwner {
    return { $case: 'event', value: { seq, payload: Buffer.from(OrderEvent.encode(this.facts.events[seq - 1]!).finish()) } };
  }

  caughtUp(seq: number = this.facts.lastSeq, link: object = this.link): ToOwner | undefined {
    return this.shard.receive(link, { $case: 'caughtUp', value: { seq } });
  }

  ready(): this {
    const attached = this.attach();
    if (attached?.$case === 'attached') this.send(attached.value.fromSeq);
    expect(this.caughtUp()).toEqual({ $case: 'ready', value: { seq: this.facts.lastSeq } });
    return this;
  }

  check(checkId: number, orderId: string, content: OrderContent = aContent(), link: object = this.link): string {
    const answer = this.shard.receive(link, {
      $case: 'check',
      value: aCheck({ checkId, orderId, content, deadlineMs: this.clock.nowMs() + 50 }),
    });
    if (answer === undefined) return 'silence';
    if (answer.$case !== 'decision') return answer.$case;
    expect(answer.value.checkId).toBe(checkId);
    return answer.value.decision!.approved ? 'approved' : Reason[answer.value.decision!.reason];
  }

  get openQty(): bigint {
    return (this.shard.exposure.account('A1')?.totals.instrument('INFY').openBuyQty ?? 0n) / 1_000_000_000n;
  }
}

describe('attach', () => {
  it('begins with the first fact where nothing is known, and is READY when all are folded', () => {
    const bench = new Bench();
    bench.facts.accept('A1', 'O1', aContent());
    expect(bench.attach()).toEqual({ $case: 'attached', value: { fromSeq: 1 } });
    expect(bench.shard.phase).toBe('FOLDING');
    expect(bench.send(1)).toBeUndefined();
    expect(bench.caughtUp()).toEqual({ $case: 'ready', value: { seq: 2 } });
    expect([bench.shard.phase, bench.openQty]).toEqual(['READY', 10n]);
  });

  it('begins after the snapshot', () => {
    const first = new Bench();
    first.facts.accept('A1', 'O1', aContent());
    const snapshot = first.ready().shard.snapshot();
    const bench = new Bench();
    bench.facts.accept('A1', 'O1', aContent());
    bench.facts.trade('O1', '4');
    expect(bench.attach(bench.link, snapshot)).toEqual({ $case: 'attached', value: { fromSeq: 3 } });
    bench.send(3);
    expect(bench.caughtUp()).toEqual({ $case: 'ready', value: { seq: 3 } });
    expect(bench.openQty).toBe(6n);
  });

  it('begins after what is remembered where that is further than the snapshot', () => {
    const bench = new Bench().ready();
    const old = bench.shard.snapshot();
    bench.facts.accept('A1', 'O1', aContent());
    bench.send(2);
    bench.shard.broken(bench.link);
    expect(bench.shard.phase).toBe('DETACHED');
    expect(bench.attach(bench.link, old)).toEqual({ $case: 'attached', value: { fromSeq: 3 } });
    expect(bench.openQty).toBe(10n);
  });

  it('begins anew where memory or snapshot are of another journal, which ends before them', () => {
    const bench = new Bench();
    bench.facts.accept('A1', 'O1', aContent());
    const snapshot = bench.ready().shard.snapshot();
    const link = {};
    bench.shard.claim(link);
    expect(bench.shard.begin(link, 1, snapshot)).toEqual({ $case: 'attached', value: { fromSeq: 1 } });
    expect(bench.openQty).toBe(0n);
  });

  it('throws on a snapshot that is none, and can begin without it', () => {
    const bench = new Bench();
    bench.shard.claim(bench.link);
    expect(() => bench.shard.begin(bench.link, 1, Buffer.from('not a snapshot'))).toThrow();
    expect(bench.shard.begin(bench.link, 1, undefined)).toEqual({ $case: 'attached', value: { fromSeq: 1 } });
  });

  it('counts the newest only: the former link is named, its messages are not heard, and its reservations are gone', () => {
    const bench = new Bench().ready();
    expect(bench.check(1, 'O1')).toBe('approved');
    const newer = {};
    expect(bench.shard.claim(newer)).toBe(bench.link);
    expect([bench.shard.isHeldBy(newer), bench.shard.isHeldBy(bench.link), bench.openQty]).toEqual([true, false, 0n]);
    expect(bench.check(2, 'O2')).toBe('silence');
    expect(bench.shard.begin(bench.link, 1, undefined)).toBeUndefined();
    bench.shard.broken(bench.link);
    expect(bench.shard.begin(newer, 1, undefined)).toEqual({ $case: 'attached', value: { fromSeq: 2 } });
    expect(bench.caughtUp(1, newer)).toEqual({ $case: 'ready', value: { seq: 1 } });
    expect(bench.check(3, 'O3', aContent(), newer)).toBe('approved');
  });

  it('may come again on the same link', () => {
    const bench = new Bench().ready();
    expect(bench.shard.claim(bench.link)).toBeUndefined();
    expect(bench.shard.begin(bench.link, 1, undefined)).toEqual({ $case: 'attached', value: { fromSeq: 2 } });
  });

  it('hears nothing while the snapshot is read', () => {
    const bench = new Bench();
    bench.shard.claim(bench.link);
    expect([bench.shard.phase, bench.send(1), bench.check(1, 'O1')]).toEqual(['LOADING', undefined, 'silence']);
    expect(bench.shard.foldedSeq).toBe(0);
  });
});

describe('the journal on the stream', () => {
  it.each([
    ['a gap', 3, 'got fact 3 after 1'],
    ['a repetition', 1, 'got fact 1 after 1'],
  ])('detaches at %s', (_, seq, text) => {
    const bench = new Bench().ready();
    bench.facts.accept('A1', 'O1', aContent());
    bench.facts.accept('A1', 'O2', aContent());
    expect(bench.shard.receive(bench.link, bench.event(seq))).toEqual({ $case: 'detached', value: { text } });
    expect([bench.shard.phase, bench.check(1, 'O9')]).toEqual(['DETACHED', 'silence']);
    expect(bench.attach()).toEqual({ $case: 'attached', value: { fromSeq: 2 } });
  });

  it('detaches when the owner says it has come to another place', () => {
    const bench = new Bench();
    bench.attach();
    expect(bench.caughtUp()).toEqual({ $case: 'detached', value: { text: 'caught up to 1, but folded to 0' } });
  });

  it('detaches at a fact that can not be folded, and forgets what it was half way into', () => {
    const bench = new Bench().ready();
    bench.facts.accept('A7', 'O1', aContent());
    expect(bench.send(2)).toMatchObject({
      $case: 'detached',
      value: { text: expect.stringContaining('account A7 has facts before it was opened') },
    });
    expect(bench.shard.foldedSeq).toBe(0);
    const garbage: FromOwner = { $case: 'event', value: { seq: 1, payload: Buffer.from([0xff, 0xff]) } };
    bench.attach();
    expect(bench.shard.receive(bench.link, garbage)).toMatchObject({ $case: 'detached' });
  });

  it('ends with the owner: what was reserved is gone, what was folded stays', () => {
    const bench = new Bench().ready();
    bench.check(1, 'O1');
    expect(bench.shard.receive(bench.link, { $case: 'detach', value: {} })).toBeUndefined();
    expect([bench.shard.phase, bench.openQty, bench.shard.foldedSeq]).toEqual(['DETACHED', 0n, 1]);
  });
});

describe('a check', () => {
  it('is not answered before READY', () => {
    const bench = new Bench();
    bench.attach();
    bench.send(1);
    expect(bench.check(1, 'O1')).toBe('silence');
  });

  it('reserves what it approves until the journal has it, so a burst can not pass a limit', () => {
    const bench = new Bench().ready();
    bench.limits({ positionQtyMax: '25' });
    expect([1, 2, 3].map((id) => bench.check(id, `O${id}`))).toEqual(['approved', 'approved', 'POSITION_EXCEEDS_MAXIMUM']);
    bench.facts.accept('A1', 'O1', aContent());
    bench.send(2);
    expect(bench.openQty).toBe(20n);
    bench.shard.receive(bench.link, { $case: 'abandon', value: { checkId: 2 } });
    expect(bench.openQty).toBe(10n);
    expect(bench.check(4, 'O4')).toBe('approved');
  });

  it('sees each fact that came before it on the stream, and says up to which it judged', () => {
    const bench = new Bench().ready();
    bench.limits({ positionQtyMax: '10' });
    bench.facts.accept('A1', 'O1', aContent());
    bench.send(2);
    expect(bench.check(1, 'O2')).toBe('POSITION_EXCEEDS_MAXIMUM');
    bench.facts.end('O1', OrdStatus.CANCELED);
    bench.send(3);
    const answer = bench.shard.receive(bench.link, { $case: 'check', value: aCheck({ checkId: 2, orderId: 'O3' }) });
    expect(answer).toMatchObject({ $case: 'decision', value: { decision: { approved: true, judgedSeq: 3, limitsVersion: 1 } } });
  });

  it('is not answered after its deadline, and reserves nothing then', () => {
    const bench = new Bench().ready();
    const check: FromOwner = { $case: 'check', value: aCheck({ deadlineMs: bench.clock.nowMs() - 1 }) };
    expect([bench.shard.receive(bench.link, check), bench.openQty]).toEqual([undefined, 0n]);
  });

  it('reserves nothing when it refuses, or is a preview', () => {
    const bench = new Bench().ready();
    expect(bench.check(1, 'O1', aContent({ orderQty: '100001' }))).toBe('QUANTITY_EXCEEDS_MAXIMUM');
    expect(bench.shard.preview(aCheck())).toMatchObject({ value: { decision: { approved: true } } });
    expect(bench.openQty).toBe(0n);
    bench.shard.broken(bench.link);
    expect(bench.shard.preview(aCheck())).toBeUndefined();
  });
});

describe('lacksQuote', () => {
  const lacks = (market: ReturnType<typeof aMarket>, content = aContent(), groupAgeMaxMs?: number): string | undefined => {
    const bench = new Bench(market);
    bench.ready();
    if (groupAgeMaxMs !== undefined) {
      const limits = Limits.fromPartial({ version: 1, quoteAgeMaxMs: groupAgeMaxMs });
      const value = { accountId: '', riskGroupId: 'G1', limits, text: '', actor: '' };
      bench.book.apply({ atMs: 0, event: { $case: 'limitsChanged', value } });
    }
    return lacksQuote(bench.rules, bench.shard.exposure, aCheck({ content }), testStartMs);
  };
  const market = aContent({ ordType: OrdType.MARKET, price: undefined });
  const agedBy = (ageMs: number) => aMarket(anInstrument(), aQuote({ atMs: testStartMs - ageMs }));

  it('names the instrument where there is no quote, or a MARKET order has only a stale one', () => {
    expect(lacks(aMarket(anInstrument()))).toBe('INFY');
    expect(lacks(aMarket(anInstrument()), market)).toBe('INFY');
    expect(lacks(agedBy(10_001), market)).toBe('INFY');
  });

  it('goes by the tightest limit of the account and its risk group', () => {
    expect(lacks(agedBy(5_000), market, 4_999)).toBe('INFY');
    expect(lacks(agedBy(5_000), market, 5_000)).toBeUndefined();
  });

  it('is content with a fresh one, a stale one for a limit order, and an unknown instrument', () => {
    expect(lacks(agedBy(0), market)).toBeUndefined();
    expect(lacks(agedBy(10_001))).toBeUndefined();
    expect(lacks(aMarket())).toBeUndefined();
    expect(lacks(agedBy(0), undefined)).toBeUndefined();
  });
});

describe('whatever is asked and happens', () => {
  it('no limit is ever exceeded, counting what is reserved, on its way and in doubt', () => {
    const step = fc.record({
      what: fc.constantFrom('check', 'check', 'check', 'journal', 'abandon', 'trade', 'end', 'reattach'),
      qty: fc.integer({ min: 1, max: 40 }),
      buy: fc.boolean(),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const bench = new Bench().ready();
        bench.limits({ positionQtyMax: '100', openValueMax: '120000', commandsPerSecondMax: 30 });
        let approved: { checkId: number; orderId: string; content: OrderContent }[] = [];
        let ids = 0;
        const sync = (): void => void bench.send(bench.shard.foldedSeq + 1);
        for (const { what, qty, buy, pick } of steps) {
          const open = [...bench.facts.orders].filter(([, state]) => state.leavesQty !== '0').map(([orderId]) => orderId);
          const orderId = open[pick % Math.max(1, open.length)];
          if (what === 'check') {
            const asked = {
              checkId: ++ids,
              orderId: `O${ids}`,
              content: aContent({ orderQty: String(qty), side: buy ? Side.BUY : Side.SELL }),
            };
            if (bench.check(asked.checkId, asked.orderId, asked.content) === 'approved') approved.push(asked);
          } else if (what === 'journal' && approved.length > 0) {
            const first = approved.shift()!;
            bench.facts.accept('A1', first.orderId, first.content);
          } else if (what === 'abandon' && approved.length > 0) {
            bench.shard.receive(bench.link, { $case: 'abandon', value: { checkId: approved.shift()!.checkId } });
          } else if (what === 'trade' && orderId !== undefined)
            bench.facts.trade(orderId, String(Math.min(qty, Number(bench.facts.orders.get(orderId)!.leavesQty))));
          else if (what === 'end' && orderId !== undefined) bench.facts.end(orderId, OrdStatus.CANCELED);
          else if (what === 'reattach') {
            approved = [];
            bench.ready();
          }
          sync();
          const { totals, commands } = bench.shard.exposure.account('A1')!;
          const { position, openBuyQty, openSellQty } = totals.instrument('INFY');
          expect(Number(position + openBuyQty) / 1e9).toBeLessThanOrEqual(100);
          expect(Number(openSellQty - position) / 1e9).toBeLessThanOrEqual(100);
          expect(Number(totals.openValue / 1_000_000_000n) / 1e9).toBeLessThanOrEqual(120_000);
          expect(commands.countAt(testStartMs)).toBeLessThanOrEqual(30);
        }
      }),
    );
  });
});
