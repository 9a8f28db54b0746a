/** Lets the event loop turn so often: what waits for no timer and no other process comes to rest. Enough turns are as many as the longest chain of steps has. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
