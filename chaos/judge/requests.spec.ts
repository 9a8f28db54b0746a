// What a client gave, against what is stored, answered and sent to the venue: an order, its replace and its cancel, and each of their fields once with another value.
import { describe, expect, it } from '@jest/globals';
import { type Evidence } from '../evidence.js';
import { type LoadRecord } from '../load.js';
import { type Message } from '../wire.js';
import { answersAreStored, venueIsAskedAsClientsAsked } from './requests.js';
import { aFact, clean } from './small-evidence.js';

const [place, replace, cancel] = [0, 1, 2];

/** The clean evidence, with a replace of the quantity and a cancel; both are asked for, stored, answered and sent. */
function changed(): Evidence {
  const evidence = clean();
  const record = (kind: LoadRecord['kind'], clOrdId: string, request: Message, order: Message): LoadRecord => ({
    ...{ accountId: 'ACC', clOrdId, kind, askedAtMs: 900, refusals: [], tries: 1 },
    request: { accountId: 'ACC', clOrdId, orderId: 'o1', ...request },
    answer: { order: { orderId: 'o1', ...order }, reason: 'REASON_UNSPECIFIED' },
  });
  const facts = evidence.facts.slice(0, 2);
  const wanted = { orderQty: '12', price: '100' };
  facts.push(aFact({ facts }, 'replaceRequested', { orderId: 'o1', clOrdId: 'R', tag: 'tag-2', ...wanted }));
  facts.push(aFact({ facts }, 'cancelRequested', { orderId: 'o1', clOrdId: 'C', tag: 'tag-3' }));
  const command = { ...(evidence.commands[0] as Evidence['commands'][number]), atMs: 1060 };
  const commands: Evidence['commands'] = [
    ...evidence.commands,
    { ...command, kind: 'replace', tag: 'tag-2', command: { tag: 'tag-2', targetTag: 'tag-1', ...wanted } },
    { ...command, kind: 'cancel', tag: 'tag-3', command: { tag: 'tag-3', targetTag: 'tag-1' } },
  ];
  const requests = ['R', 'C'].map((requestId) => ({ accountId: 'ACC', requestId, orderId: 'o1', scope: 'clOrdId' }));
  return {
    ...evidence,
    facts,
    commands,
    requests: [...evidence.requests, ...requests],
    load: [
      ...evidence.load,
      record('replace', 'R', { orderQty: '12' }, { replaceQty: '12', replacePrice: '100' }),
      record('cancel', 'C', {}, {}),
    ],
  };
}

/** The evidence with another word in the client's request number `at`. */
const asked = (at: number, change: Message): Evidence => withRecord(at, ({ request }) => ({ request: { ...request, ...change } }));
const askedContent = (change: Message): Evidence =>
  withRecord(place, ({ request }) => ({ request: { ...request, content: { ...(request['content'] as Message), ...change } } }));
const answered = (at: number, change: Message): Evidence =>
  withRecord(at, ({ answer }) => ({ answer: { ...answer, order: { ...(answer?.['order'] as Message), ...change } } }));

function withRecord(at: number, change: (record: LoadRecord) => Partial<LoadRecord>): Evidence {
  const evidence = changed();
  return { ...evidence, load: evidence.load.map((record, n) => (n === at ? { ...record, ...change(record) } : record)) };
}

function sent(at: number, change: Message): Evidence {
  const evidence = changed();
  return {
    ...evidence,
    commands: evidence.commands.map((one, n) => (n === at ? { ...one, command: { ...one.command, ...change } } : one)),
  };
}

function told(change: Message): Evidence {
  const evidence = changed();
  const other = aFact({ facts: evidence.facts.slice(0, -1) }, 'cancelRequested', { orderId: 'o1', clOrdId: 'C', tag: 'tag-3' }, change);
  return { ...evidence, facts: [...evidence.facts.slice(0, -1), other] };
}

const otherContent = {
  instrument: 'NSE:OTHER',
  side: 'SIDE_SELL',
  ordType: 'ORD_TYPE_MARKET',
  timeInForce: 'TIME_IN_FORCE_GTC',
  product: 'PRODUCT_DELIVERY',
  orderQty: '10.000000001',
  price: '100.01',
  stopPx: '99',
  displayQty: '5',
  marketProtection: '1',
  selfTradePrevention: 'SELF_TRADE_PREVENTION_CANCEL_NEWEST',
  postOnly: true,
  expireAtMs: 1,
};

describe('what a client gave', () => {
  it('is what is stored, answered and sent, whatever the form of its decimals', () => {
    expect([answersAreStored(changed()), venueIsAskedAsClientsAsked(changed())]).toEqual([[], []]);
    const sameQty = askedContent({ orderQty: '10.00' });
    expect([answersAreStored(sameQty), venueIsAskedAsClientsAsked(sameQty)]).toEqual([[], []]);
  });

  it.each(Object.entries({ ...otherContent, strategyId: 's', algoId: 'a', sendBeforeMs: 1 }))(
    'I1: an order that is stored and answered with another %s',
    (field, value) => {
      const problems = answersAreStored(askedContent({ [field]: value }));
      expect(problems.some((text) => text.includes('is stored at') && text.includes(field))).toBe(true);
      expect(problems.some((text) => text.includes('is answered with') && text.includes(field))).toBe(true);
    },
  );

  it.each([
    ['a replace stored with another quantity', asked(replace, { orderQty: '13' }), 'orderQty "12" instead of "13"'],
    ['a replace stored with another price', asked(replace, { price: '101' }), 'price "100" instead of "101"'],
    ['a replace stored with a stop price', asked(replace, { stopPx: '99' }), 'stopPx "" instead of "99"'],
    ['a replace of another order', asked(replace, { orderId: 'o2' }), 'orderId "o1" instead of "o2"'],
    ['a cancel of another order', asked(cancel, { orderId: 'o2' }), 'orderId "o1" instead of "o2"'],
    ['a replace answered with another quantity', answered(replace, { replaceQty: '11' }), 'answered with orderQty "11" instead of "12"'],
    ['a replace answered with another price', answered(replace, { replacePrice: '9' }), 'answered with price "9" instead of "100"'],
    ['a replace stored as a cancel', withRecord(cancel, () => ({ kind: 'replace' })), 'no answer to a replace: cancelRequested'],
    ['an order answered as of another account', answered(place, { accountId: 'B' }), 'answered with accountId "B" instead of "ACC"'],
    ['an order answered with another id of the client', answered(place, { firstClOrdId: 'B' }), 'firstClOrdId "B" instead of "A"'],
    ['an order that changes its side later', told({ content: { side: 'SIDE_SELL' } }), 'told at orders/7f#4 with side "SIDE_SELL"'],
    [
      'an instrument that is there, refused',
      withRecord(place, () => ({ answer: undefined, refused: 'INSTRUMENT_UNKNOWN: ?' })),
      'met a defect',
    ],
  ])('I1: %s', (_what, evidence, problem) => {
    expect(answersAreStored(evidence).join('\n')).toContain(problem);
  });

  it.each(Object.entries({ ...otherContent, brokerAccountId: 'PAPER-2' }))(
    'V1: an order that reached the venue with another %s',
    (field, value) => {
      const name = field === 'instrument' ? 'instrumentId' : field;
      expect(venueIsAskedAsClientsAsked(sent(place, { [name]: value })).join('\n')).toContain(
        `reached the venue with ${name} "${String(value)}"`,
      );
    },
  );

  it.each<[what: string, asked: Message, sentStopPx: string, triggered: 'never' | 'before' | 'between' | 'after', problem: string]>([
    ['leaves it', {}, '95', 'never', ''],
    ['leaves it', {}, '', 'never', 'stopPx "" instead of "95"'],
    ['leaves it', {}, '', 'before', ''],
    ['leaves it', {}, '95', 'before', 'stopPx "95" instead of ""'],
    ['leaves it', {}, '', 'between', ''],
    ['leaves it', {}, '95', 'between', ''],
    ['leaves it', {}, '', 'after', 'stopPx "" instead of "95"'],
    ['leaves it', {}, '95', 'after', ''],
    ['changes it', { stopPx: '94' }, '', 'between', 'stopPx "" instead of "94"'],
  ])('V1: a replace of a stop that %s: %j, sent with "%s", triggered %s', (_what, change, stopPx, triggered, problem) => {
    const { facts, ...evidence } = asked(replace, change);
    const { commands } = sent(replace, { stopPx });
    const trigger = (at: number, atMs = 1000): Evidence['facts'][number] => {
      const fact = aFact({ facts: facts.slice(0, at) }, 'orderTriggered', { orderId: 'o1' });
      return { ...fact, event: { ...fact.event, atMs } };
    };
    const next = facts.slice(2).map((fact) => {
      const event: Message = { ...fact.event, accountSeq: Number(fact.event['accountSeq']) + 1 };
      return { ...fact, event };
    });
    const told = {
      never: facts,
      before: [...facts.slice(0, 2), trigger(2), ...next],
      between: [...facts, trigger(4)],
      after: [...facts, trigger(4, 1061)],
    }[triggered];
    const withStop = told.map(({ event, ...fact }) => {
      const { content, ...state } = (event['state'] ?? {}) as Message;
      return { ...fact, event: { ...event, state: { ...state, content: { ...(content as Message), stopPx: '95' } } } };
    });
    const problems = venueIsAskedAsClientsAsked({ ...evidence, facts: withStop, commands });
    expect(problems.map((text) => text.split(' with ')[1])).toEqual(problem === '' ? [] : [problem]);
  });

  it.each([
    ['ORD_TYPE_MARKET', '3', ''],
    ['ORD_TYPE_STOP', '', 'marketProtection "" instead of "3"'],
    ['ORD_TYPE_MARKET_TO_LIMIT', '3', 'marketProtection "3" instead of ""'],
  ])('V1: a %s order without a market protection that reaches the venue with "%s"', (ordType, marketProtection, problem) => {
    const { commands } = sent(place, { ordType, marketProtection });
    const problems = venueIsAskedAsClientsAsked({ ...askedContent({ ordType }), commands });
    expect(problems.map((text) => text.split(' with ')[1])).toEqual(problem === '' ? [] : [problem]);
  });

  it.each([
    ['a replace with another quantity', sent(replace, { orderQty: '13' }), 'orderQty "13" instead of "12"'],
    ['a replace with another price', sent(replace, { price: '1' }), 'price "1" instead of "100"'],
    ['a replace with a stop price', sent(replace, { stopPx: '1' }), 'stopPx "1" instead of ""'],
    ['a replace of another order', sent(replace, { targetTag: 'x' }), 'targetTag "x" instead of "tag-1"'],
    ['a cancel of another order', sent(cancel, { targetTag: 'x' }), 'targetTag "x" instead of "tag-1"'],
    [
      'an order that no client asked for',
      { ...changed(), load: [] },
      'newOrder tag-1 of ACC/A reached the venue with what no client asked for',
    ],
    ['a cancel that no fact holds', { ...changed(), facts: changed().facts.slice(0, -1) }, 'cancel tag-3, which no fact holds'],
  ])('V1: %s', (_what, evidence, problem) => {
    expect(venueIsAskedAsClientsAsked(evidence).join('\n')).toContain(problem);
  });
});
