// The judge: pure functions over the evidence. It shares no code with the platform.
import { type Evidence } from '../evidence.js';
import { everythingDrains, exposureIsExact, ledgerBalances, limitsHold, positionsAreFills } from './books.js';
import { type Invariant, type Violation } from './facts.js';
import { fillsAddUp, historiesAreLegal, ordersAreSettled, refusedIsNotSent, venueAgrees } from './orders.js';
import { replaysAgree } from './replay.js';
import { answersAreStored, venueIsAskedAsClientsAsked } from './requests.js';
import { everythingIsPublished } from './topics.js';
import { fillsAreTheVenues, haltsHold, nothingIsSentTwice, ordersKeepTheirOrder } from './venue.js';

/** By their names in reliability.md A.6; V1 is our own. */
export const invariants: Readonly<Record<string, { readonly says: string; readonly check: Invariant }>> = {
  I1: { says: 'what was answered is stored once, with all that the client gave; what was refused is not', check: answersAreStored },
  I2: { says: 'every order is final or open at the venue, none in doubt', check: ordersAreSettled },
  I3: { says: 'the venue saw every tag at most once', check: nothingIsSentTwice },
  I4: { says: 'final state, filled quantity and average price are the venue’s', check: venueAgrees },
  I5: { says: 'what was refused or not sent never reached the venue', check: refusedIsNotSent },
  I6: { says: 'sequences have no gap, transitions are legal', check: historiesAreLegal },
  I7: { says: 'filled is the sum of distinct fills, at most what was ordered', check: fillsAddUp },
  I8: { says: 'the fills are the venue’s fills', check: fillsAreTheVenues },
  I9: { says: 'positions are the sums of fills, and the venue’s', check: positionsAreFills },
  I10: { says: 'the ledger balances, every fill is posted once', check: ledgerBalances },
  I11: { says: 'risk’s open value is that of the open orders', check: exposureIsExact },
  I12: { says: 'no limit was ever exceeded, counted at the worst', check: limitsHold },
  I13: { says: 'orders of an account reach the venue in their order', check: ordersKeepTheirOrder },
  I14: { says: 'the journals are whole and in their topics, each trade folded once', check: everythingIsPublished },
  I17: { says: 'nothing new reaches the venue while a halt is in force', check: haltsHold },
  I20: { says: 'everything drains once faults stop', check: everythingDrains },
  I21: { says: 'the judge’s own replay gives what is stored: orders, positions, ledger, cash', check: replaysAgree },
  V1: { says: 'what the venue was asked is what a client asked for', check: venueIsAskedAsClientsAsked },
};

/** Every rule that was broken; empty when all hold. */
export function judge(evidence: Evidence): Violation[] {
  return Object.entries(invariants).flatMap(([invariant, { check }]) => check(evidence).map((text) => ({ invariant, text })));
}
