import { describe, expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { EngineReason } from './engine/index.js';
import { refusals } from './venue-reasons.js';

const { NONE, REQUESTED, ICEBERG_REFRESH, MARKET_TO_LIMIT, AUCTION_PRICE, CLOSING_AUCTION } = EngineReason;
/** They tell why an order changed as it should. */
const harmless: readonly EngineReason[] = [NONE, REQUESTED, ICEBERG_REFRESH, MARKET_TO_LIMIT, AUCTION_PRICE, CLOSING_AUCTION];

describe('the reason of the engine', () => {
  it.each(Object.entries(EngineReason))('%s has a reason of the platform and a sentence, or is none', (_name, engineReason) => {
    const { reason, text } = refusals[engineReason];
    expect(Reason[reason]).toBeDefined();
    expect([reason === Reason.UNSPECIFIED, text === '']).toEqual(harmless.includes(engineReason) ? [true, true] : [false, false]);
  });
});
