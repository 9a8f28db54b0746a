/** Whether the process lives (restart it) and whether it is ready (send it work). */
import { type Meter } from '@opentelemetry/api';
import { type Clock } from '@switchyard/kernel';

export interface Health {
  /** Registers a watchdog: true, or a sentence that says what hangs; then `/healthz` fails and the process is restarted. Never ask a dependency here. Returns what removes it. */
  watchdog(name: string, check: () => true | string): () => void;
}

/** What `/healthz` and `/readyz` answer. */
export interface HealthReport {
  readonly ok: boolean;
  /** What is wrong, by name. */
  readonly problems: Readonly<Record<string, string>>;
}

const lagCheckMs = 250;
const lagLimitMs = 5_000;

export class ProcessHealth implements Health {
  readonly #clock: Clock;
  readonly #watchdogs = new Map<string, () => true | string>();
  readonly #readiness = new Map<string, () => true | string>();
  readonly #timer: NodeJS.Timeout;
  #expectedMs: number;
  #lagMs = 0;

  constructor(clock: Clock, meter: Meter) {
    this.#clock = clock;
    this.#expectedMs = clock.monotonicMs() + lagCheckMs;
    this.#timer = setInterval(() => this.#measureLag(), lagCheckMs);
    this.#timer.unref();
    meter
      .createObservableGauge('event_loop_lag_seconds', { description: 'how late the last timer of the event loop came' })
      .addCallback((result) => result.observe(this.#lagMs / 1000));
    meter
      .createObservableGauge('process_resident_memory_bytes', { description: 'memory of the process' })
      .addCallback((result) => result.observe(process.memoryUsage.rss()));
    meter.createObservableCounter('process_cpu_seconds_total', { description: 'processor time used' }).addCallback((result) => {
      const usage = process.cpuUsage();
      result.observe((usage.user + usage.system) / 1e6);
    });
  }

  watchdog(name: string, check: () => true | string): () => void {
    this.#watchdogs.set(name, check);
    return () => this.#watchdogs.delete(name);
  }

  /** Something that must be ready before the process is. Returns what removes it. */
  readiness(name: string, check: () => true | string): () => void {
    this.#readiness.set(name, check);
    return () => this.#readiness.delete(name);
  }

  live(): HealthReport {
    const problems = ask(this.#watchdogs);
    if (this.#lagMs > lagLimitMs) problems['event loop'] = `a timer came ${Math.round(this.#lagMs)} ms late`;
    return { ok: Object.keys(problems).length === 0, problems };
  }

  ready(): HealthReport {
    const problems = ask(this.#readiness);
    return { ok: Object.keys(problems).length === 0, problems };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measureLag(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#lagMs = Math.max(0, nowMs - this.#expectedMs);
    this.#expectedMs = nowMs + lagCheckMs;
  }
}

function ask(checks: ReadonlyMap<string, () => true | string>): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const [name, check] of checks) {
    const answer = check();
    if (answer !== true) problems[name] = answer;
  }
  return problems;
}
