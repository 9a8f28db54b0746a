import { createHash } from 'node:crypto';

/**
 * The name that a unit prefers: the one with the highest hash of unit and name. When a name comes or goes, only the units that it wins move.
 * Undefined when there is no name.
 */
export function rendezvous(unit: string, names: readonly string[]): string | undefined {
  let winner: string | undefined;
  let best = '';
  for (const name of names) {
    const score = createHash('sha256').update(unit).update('\0').update(name).digest('hex');
    if (winner !== undefined && (score < best || (score === best && name <= winner))) continue;
    winner = name;
    best = score;
  }
  return winner;
}
