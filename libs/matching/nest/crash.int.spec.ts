// Venues in processes of their own, killed and stopped at any moment while sessions trade: nothing that was told is lost, nothing happens twice, and one at a time writes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { ExecutionKind } from '@switchyard/contracts/gen/matching/v1/service';
import { Prng } from '@switchyard/kernel';
import { Venue } from '@switchyard/matching-core';
import { FastEngine } from '@switchyard/matching-core/engine';
import { recoverVenue } from '@switchyard/matching-wal/venue';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { type VenueChildConfig } from './testing/venue-child.js';
import { VenueProcess } from './testing/venue-process.js';

jest.setTimeout(300_000);

const kills = 12;
const sessionIds = ['s1', 's2', 's3'];

let database: TestDatabase;
let folder: string;
let processes: VenueProcess[];

beforeEach(async () => {
  database = await testDatabase(migratedTemplate());
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
  processes = [];
});
afterEach(async () => {
  for (const one of processes) if (one.isRunning) await one.kill();
  await database.drop();
  rmSync(folder, { recursive: true });
});

function start(name: string, seed: string, more: Partial<VenueChildConfig> = {}): VenueProcess {
  const started = new VenueProcess({ url: database.url, folder, name, seed, fromSeqs: {}, failpoints: '', env: {}, ...more });
  processes.push(started);
  return started;
}

async function until(condition: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
  const said = (): string => processes.map(({ state, errors }) => `${state} ${errors}`).join('; ');
  await eventually(condition, { timeoutMs, what }).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)} (${said()})`);
  });
}

/** What the sessions were told, over all lives of the venue. */
class Witness {
  readonly told = new Map<string, string[]>(sessionIds.map((id) => [id, []]));
  readonly #trades = new Set<string>();

  fromSeqs(): Record<string, number> {
    return Object.fromEntries([...this.told].map(([id, executions]) => [id, executions.length + 1]));
  }

  /** Throws where a session was told with a gap, twice, or of a trade that it knows. */
  hear(lines: readonly string[], where: string): void {
    for (const line of lines) {
      if (line.includes('"level":60')) throw new Error(`${where}: ${line}`);
      if (!line.startsWith('told ')) continue;
      const [, id = '', seq = '', kind = '', tag = '', tradeId = ''] = line.split(' ');
      const executions = this.told.get(id) as string[];
      if (Number(seq) !== executions.length + 1) throw new Error(`${where}: execution ${executions.length + 1} comes next: ${line}`);
      if (tradeId !== '-' && this.#trades.has(tradeId)) throw new Error(`${where}: this trade was told before: ${line}`);
      this.#trades.add(tradeId);
      executions.push(`${seq} ${kind} ${tag} ${tradeId}`);
    }
  }

  get tradesCount(): number {
    return this.#trades.size;
  }
}

/** The tape by session, as the witness has it. Throws where an event is there twice, or out of order. */
async function tape(): Promise<Map<string, string[]>> {
  const pool = nounPool(database.url, 'matching', { max: 1 });
  const { rows } = await pool.query<{ payload: Buffer }>('SELECT payload FROM journal ORDER BY seq');
  await pool.end();
  const bySession = new Map<string, string[]>(sessionIds.map((id) => [id, []]));
  let last = 0;
  for (const { payload } of rows) {
    const { eventSeq, executions } = VenueEvent.decode(payload);
    expect(eventSeq).toBeGreaterThan(last);
    last = eventSeq;
    for (const { sessionId, execution } of executions)
      bySession
        .get(sessionId)
        ?.push(
          `${execution?.seq} ${ExecutionKind[execution?.kind ?? 0]} ${execution?.tag} ${execution?.tradeId === '' ? '-' : execution?.tradeId}`,
        );
  }
  return bySession;
}

/** A crash of the machine may tear what is derived; what was told is not in it alone. */
function tearEvents(prng: Prng): void {
  const events = path.join(folder, 'events');
  const newest = readdirSync(events).at(-1);
  if (newest === undefined) return;
  const file = path.join(events, newest);
  const written = readFileSync(file).findLastIndex((byte) => byte !== 0) + 1;
  truncateSync(file, Math.max(64, written - prng.below(3_000)));
}

describe('a venue that is killed', () => {
  it(`${kills} times at random points has lost nothing that it told, and did nothing twice; its tape is complete`, async () => {
    const seed = String(Date.now() % 1_000_000);
    const prng = new Prng(`venue-crash/${seed}`);
    const witness = new Witness();
    const env = { MATCHING_SNAPSHOT_EVERY_EVENTS: '300', MATCHING_MAKER_REFRESH_MS: '20' };
    const failpoints = ['', 'matching.after-record', 'matching.after-commit', 'journal.after-append', 'journal.before-append'];
    for (let life = 1; life <= kills; life++) {
      const name = failpoints[life % failpoints.length] ?? '';
      const armed = name === '' ? '' : `${name}=kill@${1 + prng.below(name === 'matching.after-record' ? 600 : 12)}`;
      const venue = start('venue-0', `${seed}.${life}`, { fromSeqs: witness.fromSeqs(), failpoints: armed, env });
      if (armed !== '') await until(() => !venue.isRunning, `life ${life} of seed ${seed} dies at ${armed}`);
      else {
        if (prng.chance(2, 3)) await until(() => venue.state === 'open', `life ${life} of seed ${seed} opens`);
        await new Promise((resolve) => setTimeout(resolve, prng.below(500)));
        venue.signal('SIGKILL');
      }
      await venue.ended();
      witness.hear(venue.lines, `seed ${seed}, life ${life} ${armed}`);
      if (prng.chance(1, 2)) tearEvents(prng);
    }
    const last = start('venue-0', `${seed}.last`, { fromSeqs: witness.fromSeqs(), env });
    await until(() => last.state === 'open', `the last life of seed ${seed} opens`);
    await until(() => last.lines.filter((line) => line.startsWith('told ') && !line.endsWith(' -')).length > 100, 'the last life trades');
    last.signal('SIGTERM');
    await last.ended();
    witness.hear(last.lines, `seed ${seed}, the last life`);
    expect(last.lines).toContain('stopped');
    expect(await tape()).toEqual(witness.told);

    // From the first command on, everything comes out as it was stored.
    rmSync(path.join(folder, 'snapshots'), { recursive: true });
    const { venue, log } = await recoverVenue({ folder, makeVenue: () => new Venue(new FastEngine()), warn: () => undefined });
    for (const [id, executions] of witness.told) expect(venue.lastSeqOf(id)).toBe(executions.length);
    await log.close();
    process.stdout.write(`seed ${seed}: ${kills} kills, ${venue.seq} commands, ${witness.tradesCount} trades told\n`);
    expect(witness.tradesCount).toBeGreaterThan(100);
  });
});

describe('two processes on one folder', () => {
  const env = { MATCHING_HOLDER_TIMEOUT_MS: '3000' };
  const fromSeqs = { s1: 1 };

  it.each(['SIGKILL', 'SIGCONT'] as const)(
    'the second writes nothing while the first is only stopped, and goes on after %s',
    async (end) => {
      const both = [start('venue-0', 'a', { env, fromSeqs }), start('venue-1', 'b', { env })];
      const isSettled = (): boolean =>
        both.some(({ state }) => state === 'open') && both.some(({ state }) => state === 'waits standing by');
      await until(isSettled, 'one runs it and the other stands by');
      const first = both.find(({ state }) => state === 'open') as VenueProcess;
      const second = both.find((one) => one !== first) as VenueProcess;
      first.signal('SIGSTOP');
      await until(() => second.state.includes('waits for its folder'), 'the second has the unit, and waits for the folder');
      const before = contentOf('commands');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(second.state).toMatch(/waits for its folder .*, which venue-\d \(process \d+ on .*\) holds/);
      expect(contentOf('commands')).toEqual(before);
      const saidBefore = first.lines.length;
      first.signal(end);
      if (end === 'SIGKILL') return until(() => second.state === 'open', 'the second runs it');
      // It finds that the other has the unit, and gives the folder to it; which of the two is to have it in the end, the journal decides.
      // It may be the first again, before the second has opened anything.
      await until(() => first.lines.slice(saidBefore).some((line) => line.startsWith('waits ')), 'the first gives way');
      await until(isSettled, 'one runs it and the other stands by');
    },
  );
});

function contentOf(name: string): string[] {
  return readdirSync(path.join(folder, name)).map((file) => readFileSync(path.join(folder, name, file)).toString('base64'));
}
