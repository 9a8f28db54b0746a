/** What every bench writes: figures, each with its goal where it has one, and whether the goal is met. */
import { writeFileSync } from 'node:fs';
import { type Machine } from './machine.js';

export interface Figure {
  readonly name: string;
  /** Null where it could not be measured. */
  readonly value: number | null;
  readonly unit: string;
  /** As a sentence part: "at least 2700". Null: no goal. */
  readonly goal: string | null;
  /** Null where there is no goal, or no verdict. */
  readonly met: boolean | null;
}

export interface BenchReport {
  readonly name: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

/** A bound on a figure. */
export interface Goal {
  readonly kind: 'at least' | 'at most';
  readonly bound: number;
}

/** @param hasVerdict false where the machine was too busy to say. */
export function figure(name: string, value: number, unit: string, goal?: Goal, hasVerdict = true): Figure {
  const known = Number.isFinite(value) ? value : null;
  if (goal === undefined || !Number.isFinite(goal.bound)) return { name, value: known, unit, goal: null, met: null };
  const isMet = goal.kind === 'at least' ? value >= goal.bound : value <= goal.bound;
  return { name, value: known, unit, goal: `${goal.kind} ${shown(goal.bound)}`, met: hasVerdict && known !== null ? isMet : null };
}

/** A number as people read it: four digits that matter, no more. */
export function shown(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export function figureRows(figures: readonly Figure[]): string[][] {
  const verdict = (met: boolean | null): string => (met === null ? '' : met ? 'met' : 'NOT MET');
  return figures.map(({ name, value, unit, goal, met }) => [name, shown(value), unit, goal ?? '', verdict(met)]);
}

export function writeReport(file: string, report: BenchReport): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}
