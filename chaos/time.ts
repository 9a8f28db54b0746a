// Waiting for conditions.
export const sleep = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

/** Waits until the condition is true; otherwise it says what is missing, and so does the error. */
export async function until(withinMs: number, condition: () => Promise<true | string>, everyMs = 200): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await condition();
    if (answer === true) return;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${answer}`);
    await sleep(everyMs);
  }
}
