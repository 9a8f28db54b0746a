/** Ends in order what a bench has started, also when it is interrupted: processes of its own would go on. */

type Stop = () => Promise<void>;

const stops = new Set<Stop>();
let isWatching = false;

/** Runs `work`, and `stop` afterwards, or at SIGINT or SIGTERM. What was begun last is stopped first. */
export async function stoppedAfter<T>(stop: Stop, work: () => Promise<T>): Promise<T> {
  if (!isWatching) {
    isWatching = true;
    for (const [signal, number] of [
      ['SIGINT', 2],
      ['SIGTERM', 15],
    ] as const)
      process.once(signal, () => void stopAll().then(() => process.exit(128 + number)));
  }
  stops.add(stop);
  try {
    return await work();
  } finally {
    // After a signal stopAll has taken it already.
    if (stops.delete(stop)) await stop();
  }
}

async function stopAll(): Promise<void> {
  for (const stop of [...stops].reverse()) {
    stops.delete(stop);
    await stop().catch(() => undefined);
  }
}
