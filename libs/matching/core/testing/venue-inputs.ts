// Sequences of everything that sessions, the maker, takers, operators and the clock can give the venue, right and wrong, as arbitraries of fast-check.
import { OrdType, Product, Side, TimeInForce, type SelfTradePrevention } from '@switchyard/contracts';
import { TradingPhase, type NewOrder } from '@switchyard/contracts/gen/matching/v1/service';
import fc from 'fast-check';
import { type VenueInput } from '../turn.js';
import { command, INFY, openingMs, TCS } from './venue-builder.js';

/** A command, once it is known which of its sequence it is: its tag names that, and what it targets is so many commands before. */
type Maker = (at: number) => VenueInput;

const { DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE } = TimeInForce;
const { LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT } = OrdType;
const { CLOSED, PRE_OPEN, OPENING_AUCTION, CONTINUOUS, CLOSING_AUCTION, HALT, UNSPECIFIED } = TradingPhase;

const instrumentId = fc.constantFrom(INFY, INFY, INFY, TCS);
const price = fc.integer({ min: 96, max: 104 }).map(String);
const qty = fc.integer({ min: 0, max: 20 }).map(String);
const side = fc.constantFrom(Side.BUY, Side.SELL);
const second = fc.integer({ min: -1, max: 6 }).map((seconds) => openingMs + seconds * 1_000);
/** True for one of so many. */
const oneOf = (count: number): fc.Arbitrary<boolean> => fc.integer({ min: 1, max: count }).map((drawn) => drawn === count);
/** A field that most orders leave empty. */
const seldom = (text: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.option(text, { nil: '', freq: 2 });

const tagOf = (at: number): string => `t${Math.max(0, at)}`;
const sessionOf = (at: number): string => `s${1 + (Math.max(0, at) % 2)}`;

const said = fc.record({
  side,
  ordType: fc.constantFrom(LIMIT, LIMIT, LIMIT, LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT),
  timeInForce: fc.constantFrom(DAY, DAY, DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE),
  orderQty: qty,
  instrumentId,
  brokerAccountId: fc.constantFrom('PAPER-1', 'PAPER-2'),
  price,
  stopPx: price,
  displayQty: seldom(fc.constantFrom('1', '2', '3')),
  marketProtection: seldom(fc.constantFrom('1', '0.55', '3.001', '100')),
  selfTradePrevention: fc.integer({ min: 0, max: 4 }) as fc.Arbitrary<SelfTradePrevention>,
  postOnly: oneOf(5),
  expireAtMs: second,
  product: fc.constantFrom(Product.DELIVERY, Product.INTRADAY),
});
type Said = Partial<NewOrder> & Pick<NewOrder, 'ordType' | 'timeInForce' | 'postOnly' | 'expireAtMs'>;

/** With only the fields, and for only a time, that the type has. */
function rightOrder(order: Said): Said {
  const { ordType } = order;
  const hasPrice = ordType === LIMIT || ordType === STOP_LIMIT;
  const hasStop = ordType === STOP || ordType === STOP_LIMIT;
  const timeInForce = rightTime(ordType, order.timeInForce);
  const { price: limit = '', stopPx = '', displayQty = '', marketProtection = '' } = order;
  return {
    ...order,
    timeInForce,
    price: hasPrice ? limit : '',
    stopPx: hasStop ? stopPx : '',
    displayQty: hasPrice && timeInForce !== IOC && timeInForce !== FOK ? displayQty : '',
    marketProtection: ordType === MARKET || ordType === STOP ? marketProtection : '',
    postOnly: ordType === LIMIT && timeInForce === DAY && order.postOnly,
    expireAtMs: timeInForce === GTD ? order.expireAtMs : 0,
  };
}

function rightTime(ordType: OrdType, timeInForce: TimeInForce): TimeInForce {
  const isLong = timeInForce === GTC || timeInForce === GTD;
  const isForAuction = timeInForce === AT_OPEN || timeInForce === AT_CLOSE;
  if (ordType === MARKET) return isLong ? DAY : timeInForce;
  if (ordType === MARKET_TO_LIMIT) return isForAuction ? DAY : timeInForce;
  return ordType !== LIMIT && !isLong ? DAY : timeInForce;
}

const newOrder: fc.Arbitrary<Maker> = fc.tuple(said, oneOf(8), oneOf(40)).map(([order, isAnyhow, isRepeated]) => (at) => {
  const tag = tagOf(isRepeated ? at - 1 : at);
  return command.newOrder(sessionOf(at), { ...(isAnyhow ? order : rightOrder(order)), tag });
});

/** A request about an order of so many commands before, seldom from a session that has it not. */
const target = fc.tuple(fc.integer({ min: 1, max: 12 }), oneOf(12));
const cancel: fc.Arbitrary<Maker> = target.map(
  ([back, isForeign]) =>
    (at) =>
      command.cancel(sessionOf(at - back + (isForeign ? 1 : 0)), tagOf(at), tagOf(at - back)),
);
const replace: fc.Arbitrary<Maker> = fc
  .tuple(target, qty, seldom(price), seldom(price), oneOf(2))
  .map(([[back, isForeign], total, limit, stop, hasStop]) => (at) => {
    const session = sessionOf(at - back + (isForeign ? 1 : 0));
    return command.replace(session, tagOf(at), tagOf(at - back), total, limit, hasStop ? stop : '');
  });

const levels = (from: number, step: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }).map((lots) => lots.map((n, at) => `${from + step * at}x${n}`).join(' '));
const quote = fc
  .tuple(instrumentId, fc.integer({ min: -2, max: 2 }), fc.tuple(levels(99, -1), levels(102, 1)), fc.tuple(levels(97, -1), levels(98, 1)))
  .map(([of, drift, far, near]) => command.maker(of, ...(drift > 0 ? near : far)));

const rules = fc.constantFrom(
  {},
  { referencePrice: '100' },
  { freezeQty: '15', referencePrice: '99.97', segment: 'EQUITY' },
  { bandLow: '97', bandHigh: '103', segment: 'EQUITY' },
  { bandLow: '103', bandHigh: '97' },
);
const massCancel = fc
  .record({
    brokerAccountId: fc.constantFrom('PAPER-1', 'PAPER-2', 'PAPER-9', ''),
    instrumentId: fc.constantFrom(INFY, TCS, 'ghost', ''),
    side: fc.integer({ min: 0, max: 3 }) as fc.Arbitrary<Side>,
  })
  .map((which) => command.massCancel(which));
const phase = fc.constantFrom(
  ...[PRE_OPEN, PRE_OPEN, PRE_OPEN, OPENING_AUCTION, CONTINUOUS, CONTINUOUS, CONTINUOUS, CONTINUOUS, CONTINUOUS],
  ...[CLOSING_AUCTION, CLOSING_AUCTION, CLOSED, HALT, UNSPECIFIED],
);
const ofVenue: fc.Arbitrary<Maker> = fc
  .oneof(
    { weight: 4, arbitrary: quote },
    { weight: 2, arbitrary: fc.record({ instrumentId, side, orderQty: qty, price }).map((taker) => command.taker(taker)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }).map((day) => command.dayEnd(`2026-04-0${day}`)) },
    { weight: 1, arbitrary: second.map((nowMs) => command.time(nowMs)) },
    { weight: 4, arbitrary: fc.tuple(instrumentId, phase).map((words) => command.phase(...words)) },
    { weight: 1, arbitrary: massCancel },
    {
      weight: 2,
      arbitrary: fc
        .tuple(instrumentId, oneOf(4), rules)
        .map(([of, isOther, more]) => command.list(of, isOther ? '0.1' : '0.05', '1', more)),
    },
  )
  .map((input) => () => input);

/** Long enough that orders meet, auctions are held and days end. */
export const anyInputs: fc.Arbitrary<VenueInput[]> = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: newOrder },
      { weight: 3, arbitrary: cancel },
      { weight: 4, arbitrary: replace },
      { weight: 8, arbitrary: ofVenue },
    ),
    { minLength: 1, maxLength: 100, size: 'max' },
  )
  .map((makers) => makers.map((make, at) => make(at)));
