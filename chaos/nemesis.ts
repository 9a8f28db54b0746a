// The nemesis: what is done to which process, and when, drawn from the seed; and the keeper that starts again whatever died.
import { holderTimeoutMs, type Cluster, type ProcessName, processNames, processRoles } from './cluster.js';
import { type PlatformProcess } from './processes.js';
import { type Random } from './random.js';
import { sleep } from './time.js';

export type FaultKind =
  | 'kill'
  | 'pause'
  | 'long-pause'
  | 'postgres-restart'
  | 'postgres-kill'
  | 'kafka-restart'
  | 'kafka-kill'
  | 'reset-venue'
  | 'cut-after-request'
  | 'cut-before-request'
  | 'reset-wire'
  | 'failpoint';

export interface Fault {
  readonly kind: FaultKind;
  /** A process, or what else it is done to. */
  readonly target: string;
}

/** Which failpoints a role passes. */
export const failpointsOf: Readonly<Record<string, readonly string[]>> = {
  'order-gateway': [
    'orders.after-commit',
    'orders.before-dispatch',
    'orders.before-fold',
    'journal.before-append',
    'journal.after-append',
    'journal.before-publish',
    'relay.before-watermark',
  ],
  'broker-connector': ['brokers.after-write-ahead', 'brokers.before-report'],
  'matching-engine': ['matching.after-record', 'matching.after-commit', 'journal.after-append'],
  'position-tracker': ['reader.after-effect'],
};
export const allFailpoints: readonly string[] = [...new Set(Object.values(failpointsOf).flat())];

const services: readonly Fault[] = [
  { kind: 'kafka-restart', target: 'kafka' },
  { kind: 'postgres-restart', target: 'postgres' },
  { kind: 'kafka-kill', target: 'kafka' },
  { kind: 'postgres-kill', target: 'postgres' },
];
const wires: readonly Fault[] = [
  { kind: 'cut-after-request', target: 'venue' },
  { kind: 'cut-before-request', target: 'venue' },
  { kind: 'reset-venue', target: 'venue' },
  { kind: 'reset-wire', target: 'postgres' },
  { kind: 'reset-wire', target: 'broker-connector' },
  { kind: 'reset-wire', target: 'risk-engine' },
];

/**
 * Faults for every process (two in three a kill), services and wires, until there are as many as asked for; in an order of the seed's. A process that passes
 * failpoints gets three fewer than `eachMin`, since it dies by those too.
 */
export function scheduleOf(random: Random, count: number, eachMin: number): Fault[] {
  const faults: Fault[] = [];
  const ofProcess = (target: ProcessName, n: number): Fault => ({
    target,
    kind: n % 3 === 1 ? (n % 2 === 0 ? 'long-pause' : 'pause') : 'kill',
  });
  const leastOf = (name: ProcessName): number => (failpointsOf[processRoles[name]] === undefined ? eachMin : eachMin - 3);
  for (const name of processNames) for (let n = 0; n < leastOf(name); n++) faults.push(ofProcess(name, n));
  faults.push(...services, ...wires, ...wires.slice(0, 2));
  const least = faults.length;
  for (let n = eachMin; faults.length < count; n++) {
    for (const name of processNames) faults.push(ofProcess(name, n));
    faults.push(...wires);
    if (n % 3 === 0) faults.push(services[(n / 3) % services.length] as Fault);
  }
  return random.shuffled(faults.slice(0, Math.max(count, least)));
}

/** From the death of a process until it said that it was ready. */
export interface Recovery {
  readonly process: ProcessName;
  readonly afterMs: number;
}

export class Nemesis {
  readonly done: (Fault & { readonly atMs: number })[] = [];
  readonly recoveries: Recovery[] = [];
  /** Failpoint → how often it killed a process. */
  readonly hits = new Map<string, number>(allFailpoints.map((name) => [name, 0]));
  /** Processes that ended by themselves, neither killed nor told to. */
  readonly selfEnded: { readonly process: ProcessName; readonly code: number | null; readonly atMs: number }[] = [];
  #stopping = false;
  readonly #busy = new Set<string>();
  readonly #keepers: Promise<void>[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly random: Random,
    private readonly say: (line: string) => void,
  ) {}

  /** Starts again whatever dies, until the end of the run. */
  keep(): void {
    for (const name of processNames) this.#keepers.push(this.#keep(name));
  }

  /** Runs the faults, three at a time on different targets, with short rests. */
  async run(faults: readonly Fault[], lanes = 3): Promise<void> {
    const queue = [...faults];
    const lane = async (): Promise<void> => {
      while (queue.length > 0 && !this.#stopping) {
        const at = queue.findIndex(({ target }) => !this.#busy.has(target));
        if (at < 0) {
          await sleep(50);
          continue;
        }
        const [fault] = queue.splice(at, 1) as [Fault];
        this.#busy.add(fault.target);
        try {
          await this.#strike(fault);
        } finally {
          this.#busy.delete(fault.target);
        }
        await sleep(this.random.between(50, 400));
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  /** Kills a process that passes the failpoint, armed with it, until it was hit. */
  async hit(failpoint: string, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    const roles = Object.keys(failpointsOf).filter((role) => failpointsOf[role]?.includes(failpoint));
    const names = processNames.filter((name) => roles.includes(processRoles[name]));
    while ((this.hits.get(failpoint) ?? 0) === 0 && Date.now() < deadline) {
      const name = this.random.pick(names);
      this.#next.set(name, failpoint);
      await this.#strike({ kind: 'kill', target: name });
      // It passes the failpoint only while it works, and on a busy machine its start takes long.
      for (let worked = 0; worked < 40 && this.hits.get(failpoint) === 0 && Date.now() < deadline;) {
        await sleep(200);
        if ((await this.cluster.process(name).ready()) === true) worked++;
      }
    }
  }

  /** Stops one connector after the other, each for longer than its sessions wait for it, until one of them has gone on elsewhere. */
  async moveSessions(haveMoved: () => Promise<boolean>, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    const connectors = processNames.filter((name) => processRoles[name] === 'broker-connector');
    for (let n = 0; Date.now() < deadline && !(await haveMoved()); n++) {
      await this.#strike({ kind: 'long-pause', target: connectors[n % connectors.length] as ProcessName });
      for (let looks = 0; looks < 20 && !(await haveMoved()); looks++) await sleep(200);
    }
  }

  /** Strikes whatever has had fewer faults than that. */
  async topUp(eachMin: number): Promise<void> {
    const missing = processNames.flatMap((name) => {
      const count = this.done.filter(({ target }) => target === name).length;
      return Array.from({ length: Math.max(0, eachMin - count) }, (): Fault => ({ kind: 'kill', target: name }));
    });
    await this.run(missing);
  }

  /** No more faults; what dies by an armed failpoint is still started again. */
  stop(): void {
    this.#stopping = true;
  }

  /** Ends the keepers: processes that end now stay ended. */
  async release(): Promise<void> {
    this.#released = true;
    await Promise.all(this.#keepers.map((keeper) => Promise.race([keeper, sleep(100)])));
  }

  #released = false;
  readonly #next = new Map<ProcessName, string>();
  readonly #killed = new Set<ProcessName>();

  async #keep(name: ProcessName): Promise<void> {
    const process = this.cluster.process(name);
    while (!this.#released) {
      const { code, signal, atMs } = await process.exited;
      if (this.#released) return;
      const { armed } = process;
      if (this.#killed.delete(name)) await sleep(this.random.between(20, 300));
      else if (signal === 'SIGKILL' && armed !== '') this.#count(armed, name);
      else {
        this.selfEnded.push({ process: name, code, atMs });
        this.say(`${name} ended by itself with ${code ?? signal}`);
      }
      if (this.#released) return;
      process.start({ failpoints: this.#arm(name) });
      void this.#measure(name, process, atMs);
    }
  }

  #count(armed: string, name: ProcessName): void {
    const failpoint = armed.split('=')[0] ?? '';
    this.hits.set(failpoint, (this.hits.get(failpoint) ?? 0) + 1);
    this.done.push({ kind: 'failpoint', target: name, atMs: Date.now() });
    this.say(`${name} died at ${armed}`);
  }

  /** The failpoint for the next life of a process: one that was not hit yet, else any, else none. */
  #arm(name: ProcessName): string {
    const wanted = this.#next.get(name);
    this.#next.delete(name);
    if (wanted !== undefined) return `${wanted}=kill@${this.random.between(1, 3)}`;
    if (this.#stopping) return '';
    const mine = failpointsOf[processRoles[name]] ?? [];
    if (mine.length === 0 || this.random.below(4) === 0) return '';
    const least = Math.min(...mine.map((failpoint) => this.hits.get(failpoint) ?? 0));
    // Once each was hit they come seldom: a process that dies whenever it works is no load.
    if (least > 0 && this.random.below(5) > 0) return '';
    const failpoint = this.random.pick(mine.filter((one) => this.hits.get(one) === least));
    return `${failpoint}=kill@${this.random.between(1, 20)}`;
  }

  async #measure(name: ProcessName, process: PlatformProcess, diedAtMs: number): Promise<void> {
    const life = process.starts;
    while (process.starts === life && !this.#released) {
      if (process.isRunning && (await process.ready()) === true) {
        this.recoveries.push({ process: name, afterMs: Date.now() - diedAtMs });
        return;
      }
      await sleep(100);
    }
  }

  async #strike(fault: Fault): Promise<void> {
    const { kind, target } = fault;
    if (target in processRoles) await this.#settled(this.cluster.process(target as ProcessName));
    this.done.push({ ...fault, atMs: Date.now() });
    this.say(`${kind} ${target}`);
    switch (kind) {
      case 'kill':
        this.#killed.add(target as ProcessName);
        return this.cluster.process(target as ProcessName).kill();
      case 'pause':
        return this.#pause(target as ProcessName, this.random.between(100, 900));
      case 'long-pause':
        return this.#pause(target as ProcessName, holderTimeoutMs + this.random.between(300, 1500));
      case 'postgres-restart':
        return this.cluster.postgres.restart();
      case 'kafka-restart':
        return this.cluster.kafka.restart();
      case 'postgres-kill':
        await this.cluster.postgres.kill();
        await sleep(this.random.between(50, 800));
        return this.cluster.postgres.restart();
      case 'kafka-kill':
        await this.cluster.kafka.kill();
        await sleep(this.random.between(50, 800));
        return this.cluster.kafka.restart();
      case 'reset-venue':
        return this.cluster.proxy.reset();
      case 'cut-after-request':
        this.cluster.proxy.disturbance.cutAfterRequest += 2;
        return;
      case 'cut-before-request':
        this.cluster.proxy.disturbance.cutBeforeRequest += 2;
        return;
      case 'reset-wire':
        return this.cluster.wires.get(target)?.resetConnections();
      case 'failpoint':
        return;
    }
  }

  /** A process that is still starting is not disturbed yet, or nothing would ever run. */
  async #settled(process: PlatformProcess): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline && !(process.isRunning && (await process.ready()) === true)) await sleep(150);
  }

  async #pause(name: ProcessName, durationMs: number): Promise<void> {
    const process = this.cluster.process(name);
    process.signal('SIGSTOP');
    await sleep(durationMs);
    process.signal('SIGCONT');
  }
}
