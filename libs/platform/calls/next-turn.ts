/** Runs tasks in the next event-loop turn, in the order in which they came: how local calls and streams deliver, never inside the sender's turn. */

let waiting: (() => void)[] = [];

export function nextTurn(task: () => void): void {
  waiting.push(task);
  if (waiting.length === 1) setImmediate(run);
}

function run(): void {
  const tasks = waiting;
  waiting = [];
  let next = 0;
  try {
    while (next < tasks.length) tasks[next++]?.();
  } finally {
    // A task that threw ends the process, unless a test catches it: the others still run.
    if (next < tasks.length) {
      waiting = [...tasks.slice(next), ...waiting];
      setImmediate(run);
    }
  }
}
