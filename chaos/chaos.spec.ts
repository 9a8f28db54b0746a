// The short form of `npm run chaos`: a cluster of processes from dist, at least eight faults a process, every failpoint hit, and the judge silent.
import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { type RunResult } from './run.js';

const seed = Number(process.env['CHAOS_SEED'] || 20_261_121);
const main = path.join(import.meta.dirname, 'dist/main.js');

function chaos(args: readonly string[]): Promise<{ code: number | null; output: string; told: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, told] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    child.on('close', (code) => resolve({ code, output, told }));
  });
}

describe('the platform under faults', () => {
  it('keeps every invariant while its processes, PostgreSQL, Kafka and its wires fail', async () => {
    const { code, output, told } = await chaos(['--seed', String(seed), '--orders', '800', '--faults', '60', '--json']);
    // The end of what was told names the rules that were broken, the folder, and what replays it.
    if (code !== 0) throw new Error(`chaos ended with ${String(code)}:\n${told.slice(-6000)}`);
    const result = JSON.parse(output) as RunResult;
    expect(result.violations).toEqual([]);
    const ofProcesses = Object.entries(result.faultsByTarget).filter(([target]) => !['kafka', 'postgres', 'venue'].includes(target));
    expect(ofProcesses.length).toBe(9);
    expect(result.trades).toBeGreaterThan(0);
    expect(result.limit.refusals).toBeGreaterThan(0);
    expect(result.sessionMoves).toBeGreaterThan(0);
    expect(ofProcesses.filter(([, count]) => count < 8)).toEqual([]);
    expect(Object.entries(result.failpoints).filter(([, count]) => count === 0)).toEqual([]);
    expect(result.doubts.found).toBeGreaterThan(0);
    expect(result.doubts.provenAbsent).toBeGreaterThan(0);
  }, 600_000);
});
