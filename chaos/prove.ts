// Proves the judge: each mutant plays its scenario, and the judge must name a broken rule.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from './cluster.js';
import { type Violation } from './judge/facts.js';
import { judge } from './judge/judge.js';
import { Market } from './market.js';
import { mutants, type Mutant } from './mutants.js';
import { quiesce } from './quiesce.js';
import { Random } from './random.js';
import { collect, newLoad, openValueMax } from './run.js';
import { scenarios } from './scenarios.js';
import { sleep, until } from './time.js';

/** A mutant need not drain: a minute is for the platform, this is for what is broken on purpose. */
const mutantDrainMs = 25_000;

export interface Proof {
  readonly mutant: string;
  readonly says: string;
  readonly violations: readonly Violation[];
}

/** Plays the scenario with the mutant, or without it (`isControl`) to prove that the scenario alone breaks nothing. */
export async function prove(mutant: Mutant, folder: string, isControl: boolean): Promise<Proof> {
  const scenario = scenarios[mutant.name];
  if (scenario === undefined) throw new Error(`there is no scenario for ${mutant.name}`);
  mkdirSync(folder, { recursive: true });
  const cluster = await Cluster.start({
    folder: path.join(folder, 'cluster'),
    env: scenario.env,
    // What a mutant breaks must not be taken over by a connector that is whole.
    without: ['broker-connector-2'],
    mutant: isControl ? undefined : { processes: mutant.processes, name: mutant.name },
  });
  const market = new Market(cluster, new Random(7));
  try {
    await cluster.ready(120_000);
    await cluster.seed(openValueMax);
    const following = market.follow();
    await until(30_000, () => Promise.resolve(market.isKnown || 'no market yet'));
    const load = newLoad(cluster, market, { seed: 7, folder }, 4);
    const underLoad = async (durationMs: number): Promise<void> => {
      const loading = load.run();
      await sleep(durationMs);
      load.stop();
      await loading;
    };
    await scenario.play({ cluster, market, load, underLoad });
    const { undrained } = await quiesce(cluster, isControl ? 60_000 : mutantDrainMs);
    market.stop();
    await following;
    const violations = judge(await collect(cluster, load.records, market.halts, undrained));
    load.close();
    return { mutant: mutant.name, says: mutant.says, violations };
  } finally {
    market.stop();
    await cluster.stop();
  }
}

/** All mutants, or one. Resolves to the number of mutants that survived, or of controls that did not. */
export async function proveAll(folder: string, only: string | undefined, isControl: boolean, say: (line: string) => void): Promise<number> {
  const chosen = mutants.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) throw new Error(`there is no mutant ${String(only)}; there are ${mutants.map(({ name }) => name).join(', ')}`);
  let wrong = 0;
  for (const mutant of chosen) {
    const { violations } = await prove(mutant, path.join(folder, isControl ? `control-${mutant.name}` : mutant.name), isControl);
    const names = [...new Set(violations.map(({ invariant }) => invariant))].join(' ');
    const isWrong = isControl ? violations.length > 0 : violations.length === 0;
    if (isWrong) wrong++;
    const verdict = isControl ? (isWrong ? `BROKEN WITHOUT IT ${names}` : 'clean without it') : isWrong ? 'SURVIVED' : `caught by ${names}`;
    say(`${mutant.name.padEnd(26)} ${verdict.padEnd(24)} ${mutant.says}`);
    for (const { invariant, text } of violations.slice(0, isControl ? 20 : 3)) say(`    ${invariant} ${text}`);
  }
  return wrong;
}
