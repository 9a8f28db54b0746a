// The simulated maker: what it shows around a quote. Its levels are a command in the venue's log, so a replay never needs the quote.
import { type MakerQuote } from '@switchyard/contracts/gen/matching/v1/events';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import { type Quote, type QuoteLevel } from '@switchyard/contracts/gen/marketdata/v1/service';
import { parseDecimal, Prng } from '@switchyard/kernel';
import { stepsMax } from './engine/index.js';
import { type Increments } from './increments.js';

export interface MakerSettings {
  /** Decides the depth beyond what the quote shows; the same seed and price give the same depth. */
  readonly seed: number | string;
  /** Levels a side, at least; fewer only where prices would reach zero. */
  readonly levels: number;
  /** Ticks that each side stands further from the middle than the quote. */
  readonly spreadTicks: number;
  /** Percent of the quote's depth that it shows. */
  readonly depthPercent: number;
}

export const makerDefaults: MakerSettings = { seed: 1, levels: 5, spreadTicks: 0, depthPercent: 100 };

interface StepLevel {
  readonly ticks: number;
  readonly lots: number;
}

/**
 * The maker's levels around a quote: the quote's own levels, rounded away from the spread and down to lots, moved outwards and thinned or thickened as the
 * settings say, then one tick after the other with a seeded depth.
 * Undefined when the quote can't be shown: no bid or no ask, a malformed level, or sides that cross.
 */
export function makerQuote(quote: Quote, increments: Increments, settings: MakerSettings): MakerQuote | undefined {
  const { seed, levels } = settings;
  const bids = steps(quote.bids, increments, 'down', settings);
  const asks = steps(quote.asks, increments, 'up', settings);
  const bid = bids?.[0];
  const ask = asks?.[0];
  if (bids === undefined || asks === undefined || bid === undefined || ask === undefined || bid.ticks >= ask.ticks) return undefined;
  const show = (side: readonly StepLevel[], direction: 1 | -1): Level[] =>
    extend(side, direction, levels, `${seed}/${quote.instrumentId}/${direction}`).map(({ ticks, lots }) => ({
      price: increments.price(ticks),
      qty: increments.qty(lots),
      orders: 1,
    }));
  return { instrumentId: quote.instrumentId, bids: show(bids, -1), asks: show(asks, 1) };
}

function steps(
  levels: readonly QuoteLevel[],
  increments: Increments,
  rounding: 'down' | 'up',
  { spreadTicks, depthPercent }: MakerSettings,
): StepLevel[] | undefined {
  const read: StepLevel[] = [];
  for (const level of levels) {
    const price = parseDecimal(level.price);
    const qty = parseDecimal(level.qty);
    if (!price.ok || !qty.ok || price.value <= 0n || qty.value <= 0n) return undefined;
    const quotedTicks = Number(increments.ticksOf(price.value, rounding));
    const ticks = quotedTicks + (rounding === 'down' ? -spreadTicks : spreadTicks);
    const lots = Math.max(1, Number((increments.lotsOf(qty.value) * BigInt(depthPercent)) / 100n));
    if (quotedTicks < 1 || ticks > stepsMax || lots > stepsMax) return undefined;
    if (ticks < 1) break; // Moved out of the prices that there are, and so are those beyond.
    const last = read.at(-1);
    // Levels that fall on one tick after rounding are one level.
    if (last?.ticks === ticks) read[read.length - 1] = { ticks, lots: last.lots + lots };
    else if (last !== undefined && (rounding === 'down' ? ticks > last.ticks : ticks < last.ticks)) return undefined;
    else read.push({ ticks, lots });
  }
  return read;
}

/** Goes on outwards from the last level, one tick each, with 50 to 200 percent of the best level's depth, growing with the distance. */
function extend(side: readonly StepLevel[], direction: 1 | -1, levels: number, seed: string): StepLevel[] {
  const all = [...side];
  const base = (side[0] as StepLevel).lots;
  for (let last = all.at(-1) as StepLevel; all.length < levels; last = all.at(-1) as StepLevel) {
    const ticks = last.ticks + direction;
    if (ticks < 1) break;
    const percent = 50 + new Prng(`${seed}/${ticks}`).below(151) + 10 * all.length;
    all.push({ ticks, lots: Math.max(1, Math.floor((base * percent) / 100)) });
  }
  return all;
}
