/** A condition that did not come about in time; `cause` is the check's last error, if it threw. */
export class NotInTimeError extends Error {
  override readonly name = 'NotInTimeError';
}

const tooLate = Symbol('too late');

/**
 * Repeats a check until it returns something other than false, null or undefined, and returns that. A check that throws
 * (a failed `expect`) counts as not yet. A check that hangs counts as not yet too, and the deadline still ends the wait.
 * @throws NotInTimeError that names `what` and the check's last error.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 30_000, intervalMs = 20, what }: { timeoutMs?: number; intervalMs?: number; what: string },
): Promise<Exclude<T, false | null | undefined>> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown = 'the check has not answered';
  for (;;) {
    const late = new AbortController();
    try {
      const value = await Promise.race([check(), sleep(Math.max(0, deadlineMs - performance.now()), late.signal).then(() => tooLate)]);
      // What a check said before says more than that the last one was cut.
      if (value === tooLate) break;
      if (value !== undefined && value !== null && value !== false) return value as Exclude<T, false | null | undefined>;
      last = `the check's answer was ${String(value)}`;
    } catch (error) {
      last = error;
    } finally {
      late.abort();
    }
    if (performance.now() >= deadlineMs) break;
    await sleep(intervalMs);
  }
  const reason = last instanceof Error ? last.message : String(last);
  throw new NotInTimeError(`Not within ${timeoutMs} ms: ${what} (${reason})`, { cause: last });
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
