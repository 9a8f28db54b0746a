/** Stops another process for a while, and lets it go on whatever ends this one. */
import { constants } from 'node:os';

/** Sends a signal to a process. */
export type Signal = (pid: number, signal: NodeJS.Signals) => void;

/** This process: the signals that end it, and its end. */
export type Self = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Does something while the process stands still. A signal that ends this process lets that one go on first: no `finally` runs then. */
export async function whileStopped<T>(pid: number, signal: Signal, work: () => Promise<T>, self: Self = process): Promise<T> {
  const end = (name: NodeJS.Signals): void => {
    try {
      signal(pid, 'SIGCONT');
    } finally {
      self.exit(128 + constants.signals[name]);
    }
  };
  for (const name of ending) self.on(name, end);
  try {
    signal(pid, 'SIGSTOP');
    return await work();
  } finally {
    for (const name of ending) self.off(name, end);
    signal(pid, 'SIGCONT');
  }
}
