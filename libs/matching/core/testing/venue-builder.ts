// Short words for a venue in a test.
import { Liquidity, OrdType, Reason, Side, TimeInForce } from '@switchyard/contracts';
import { ListInstrument, type TakerOrder, type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import {
  ExecutionKind,
  NewOrder,
  type Execution,
  type MassCancelRequest,
  type TradingPhase,
} from '@switchyard/contracts/gen/matching/v1/service';
import { FastEngine, type MatchingEngine } from '../engine/index.js';
import { type VenueInput } from '../turn.js';
import { Venue } from '../venue.js';

export const INFY = 'infy';
export const TCS = 'tcs';
/** 2026-04-01T03:45:00Z, the opening at NSE. */
export const openingMs = 1_775_015_100_000;

/** Commands of a session, as the venue takes them. */
export const command = {
  list: (instrumentId: string, tickSize = '0.05', lotSize = '1', rules: Partial<ListInstrument> = {}): VenueInput =>
    ofVenue({ $case: 'listInstrument', value: ListInstrument.fromPartial({ instrumentId, tickSize, lotSize, ...rules }) }),
  /** Levels as "price x qty" words, best first. */
  maker: (instrumentId: string, bids: string, asks: string): VenueInput =>
    ofVenue({ $case: 'makerQuote', value: { instrumentId, bids: levels(bids), asks: levels(asks) } }),
  taker: (value: TakerOrder): VenueInput => ofVenue({ $case: 'takerOrder', value }),
  dayEnd: (tradingDate: string): VenueInput => ofVenue({ $case: 'dayEnd', value: { tradingDate } }),
  phase: (instrumentId: string, phase: TradingPhase): VenueInput => ofVenue({ $case: 'setPhase', value: { instrumentId, phase } }),
  time: (nowMs: number): VenueInput => ofVenue({ $case: 'timePassed', value: { nowMs } }),
  massCancel: (which: Partial<MassCancelRequest> = {}): VenueInput =>
    ofVenue({ $case: 'massCancel', value: { brokerAccountId: '', instrumentId: '', side: Side.UNSPECIFIED, ...which } }),
  newOrder: (sessionId: string, order: Partial<NewOrder>, atMs = openingMs): VenueInput => ({
    atMs,
    sessionId,
    command: {
      $case: 'orderCommand',
      value: {
        traceparent: `trace-${order.tag ?? ''}`,
        command: {
          $case: 'newOrder',
          value: NewOrder.fromPartial({
            brokerAccountId: 'PAPER-1',
            instrumentId: INFY,
            side: Side.BUY,
            ordType: order.price === undefined ? OrdType.MARKET : OrdType.LIMIT,
            timeInForce: TimeInForce.DAY,
            orderQty: '10',
            ...order,
          }),
        },
      },
    },
  }),
  cancel: (sessionId: string, tag: string, targetTag: string): VenueInput => ({
    atMs: openingMs,
    sessionId,
    command: { $case: 'orderCommand', value: { traceparent: '', command: { $case: 'cancel', value: { tag, targetTag } } } },
  }),
  replace: (sessionId: string, tag: string, targetTag: string, orderQty: string, price = '', stopPx = ''): VenueInput => ({
    atMs: openingMs,
    sessionId,
    command: {
      $case: 'orderCommand',
      value: { traceparent: '', command: { $case: 'replace', value: { tag, targetTag, orderQty, price, stopPx } } },
    },
  }),
};

/** A venue that trades INFY and TCS by a tick of 0.05 and a lot of 1. */
export function venueWithInstruments(engine: MatchingEngine = new FastEngine()): Venue {
  const venue = new Venue(engine);
  venue.apply(command.list(INFY));
  venue.apply(command.list(TCS));
  return venue;
}

/** What sessions learned, one line each: `session#seq KIND tag …`. */
export function told(event: VenueEvent): string[] {
  return event.executions.map(
    ({ sessionId, execution }) => `${sessionId}#${execution?.seq} ${execution === undefined ? '' : words(execution)}`,
  );
}

/** What sessions learned, with what an order is after it, one line each: `tag KIND …`, of a trade its side of liquidity, and the reason where there is one. */
export function toldWhole(event: VenueEvent): string[] {
  return event.executions.map(({ execution }) => (execution === undefined ? '' : wholeWords(execution)));
}

function wholeWords(execution: Execution): string {
  const { kind, tag, orderTag, lastQty, lastPx, leavesQty, ordType, price, stopPx, reason, liquidity } = execution;
  const of = tag === orderTag ? tag : `${tag}>${orderTag}`;
  const why = reason === Reason.UNSPECIFIED ? '' : ` ${Reason[reason]}`;
  if (kind === ExecutionKind.TRADE) return `${of} TRADE ${lastQty}@${lastPx} ${Liquidity[liquidity]} leaves ${leavesQty}`;
  if (kind === ExecutionKind.REJECTED || leavesQty === '0') return `${of} ${ExecutionKind[kind]}${why}`;
  const stop = stopPx === '' ? '' : ` stop ${stopPx}`;
  return `${of} ${ExecutionKind[kind]} ${OrdType[ordType]}${price === '' ? '' : ` @${price}`}${stop} leaves ${leavesQty}${why}`;
}

function words(execution: Execution): string {
  const { kind, tag, orderTag, lastQty, lastPx, cumQty, leavesQty } = execution;
  const of = tag === orderTag ? tag : `${tag}>${orderTag}`;
  const trade = kind === ExecutionKind.TRADE ? ` ${lastQty}@${lastPx}` : '';
  const state = cumQty === '' ? '' : ` cum ${cumQty} leaves ${leavesQty}`;
  return `${ExecutionKind[kind]} ${of}${trade}${state}`;
}

/** A command of the venue's own. */
function ofVenue(command: VenueInput['command']): VenueInput {
  return { atMs: openingMs, sessionId: '', command };
}

function levels(text: string): { price: string; qty: string; orders: number }[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [price = '', qty = ''] = word.split('x');
      return { price, qty, orders: 1 };
    });
}
