// Any command that a session, the maker, a taker, an operator or the clock can give the venue, right and wrong ones, as arbitraries of fast-check.
import { OrdType, Product, type SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { type TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import fc from 'fast-check';
import { type VenueInput } from '../turn.js';
import { command, INFY, openingMs, TCS } from './venue-builder.js';

const session = fc.constantFrom('s1', 's2');
const instrumentId = fc.constantFrom(INFY, INFY, TCS);
const brokerAccountId = fc.constantFrom('PAPER-1', 'PAPER-2');
const price = fc.integer({ min: 95, max: 105 }).map(String);
const qty = fc.integer({ min: 0, max: 20 }).map(String);
const tag = fc.integer({ min: 1, max: 60 }).map((n) => `t${n}`);
const side = fc.constantFrom(Side.BUY, Side.SELL);
const { DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE } = TimeInForce;
const { LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT } = OrdType;
/** A field that most orders leave empty. */
const seldom = (text: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.option(text, { nil: '', freq: 3 }).map((given) => given);
const timeInForce = fc.constantFrom(DAY, DAY, DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE, AT_CLOSE);
const second = fc.integer({ min: -1, max: 6 }).map((seconds) => openingMs + seconds * 1_000);

const order = fc
  .record({
    tag,
    side,
    ordType: fc.constantFrom(LIMIT, LIMIT, LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT),
    timeInForce,
    orderQty: qty,
    instrumentId,
    brokerAccountId,
    price,
    stopPx: price,
    displayQty: seldom(fc.constantFrom('1', '2', '3')),
    marketProtection: seldom(fc.constantFrom('1', '0.55', '3.001', '100')),
    selfTradePrevention: fc.integer({ min: 0, max: 4 }) as fc.Arbitrary<SelfTradePrevention>,
    postOnly: fc.constantFrom(false, false, false, true),
    expireAtMs: second,
    product: fc.constantFrom(Product.DELIVERY, Product.INTRADAY),
    /** Whether the order has only the fields that its type has. */
    isRight: fc.constantFrom(true, true, true, true, false),
  })
  .map(({ isRight, ...said }) => (isRight ? rightOrder(said) : said));

type Said = Parameters<typeof command.newOrder>[1] & { readonly ordType: OrdType; readonly timeInForce: TimeInForce };

function rightOrder(said: Said): Said {
  const hasPrice = said.ordType === LIMIT || said.ordType === STOP_LIMIT;
  const hasStop = said.ordType === STOP || said.ordType === STOP_LIMIT;
  const isImmediate = said.timeInForce === IOC || said.timeInForce === FOK;
  return {
    ...said,
    price: hasPrice ? said.price : '',
    stopPx: hasStop ? said.stopPx : '',
    displayQty: hasPrice && !isImmediate ? said.displayQty : '',
    marketProtection: said.ordType === MARKET || said.ordType === STOP ? said.marketProtection : '',
    postOnly: said.ordType === LIMIT && said.timeInForce === DAY && said.postOnly,
    expireAtMs: said.timeInForce === GTD ? said.expireAtMs : 0,
  } as Said;
}

const levels = (from: number, step: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }).map((lots) => lots.map((n, at) => `${from + step * at}x${n}`).join(' '));

const rules = fc.constantFrom(
  {},
  { referencePrice: '100' },
  { freezeQty: '15', referencePrice: '99.97' },
  { bandLow: '97', bandHigh: '103', segment: 'EQUITY' },
  { bandLow: '103', bandHigh: '97' },
);

export const anyInput: fc.Arbitrary<VenueInput> = fc.oneof(
  { weight: 16, arbitrary: fc.tuple(session, order).map(([of, content]) => command.newOrder(of, content)) },
  { weight: 3, arbitrary: fc.tuple(session, tag, tag).map(([of, own, target]) => command.cancel(of, own, target)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(session, tag, tag, qty, seldom(price), seldom(price))
      .map(([of, own, target, total, at, stop]) => command.replace(of, own, target, total, at, stop)),
  },
  { weight: 3, arbitrary: fc.tuple(instrumentId, levels(99, -1), levels(101, 1)).map(([of, bids, asks]) => command.maker(of, bids, asks)) },
  {
    weight: 1,
    arbitrary: fc.record({ instrumentId, side, orderQty: qty, price }).map((taker) => command.taker(taker)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }).map((day) => command.dayEnd(`2026-04-0${day}`)) },
  { weight: 1, arbitrary: second.map((nowMs) => command.time(nowMs)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(instrumentId, fc.constantFrom(0, 1, 2, 2, 3, 4, 4, 4, 5, 6) as fc.Arbitrary<TradingPhase>)
      .map(([of, phase]) => command.phase(of, phase)),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        brokerAccountId: fc.constantFrom('PAPER-1', 'PAPER-2', 'PAPER-9', ''),
        instrumentId: fc.constantFrom(INFY, TCS, 'ghost', ''),
        side: fc.integer({ min: 0, max: 3 }) as fc.Arbitrary<Side>,
      })
      .map((which) => command.massCancel(which)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(instrumentId, fc.constantFrom('0.05', '0.1'), rules).map(([of, tick, more]) => command.list(of, tick, '1', more)),
  },
);
