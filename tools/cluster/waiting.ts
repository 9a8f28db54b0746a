/** What a process waits for before it is ready. */
export interface Waits {
  readonly name: string;
  /** "ready", or what `readyz` says: `part: what it waits for`, several divided by "; ". */
  readonly readiness: string;
}

/** A longer line would break on a terminal, or hide what stands behind it. */
const lengthMax = 160;
const reasonLengthMax = 90;

/** One line of who is waited for and why, as short as it can be; undefined where nobody is. */
export function waitingLine(processes: readonly Waits[]): string | undefined {
  const waiting = processes.filter(({ readiness }) => readiness !== 'ready');
  if (waiting.length === 0) return undefined;
  const each = waiting.map(({ name, readiness }) => `${name} (${firstReason(readiness)})`);
  const head = `waiting for ${waiting.length} of ${processes.length}: `;
  const whole = head + each.join(', ');
  if (whole.length <= lengthMax) return whole;
  // Why only of the first ones, as far as there is room; of the others the names.
  const names = waiting.map(({ name }) => name);
  for (let reasons = each.length - 1; reasons > 0; reasons--) {
    const line = head + [...each.slice(0, reasons), ...names.slice(reasons)].join(', ');
    if (line.length <= lengthMax) return line;
  }
  return head + names.join(', ');
}

/** The first problem, without the part of the process that has it. */
function firstReason(readiness: string): string {
  const [first = ''] = readiness.split('; ');
  const reason = first.replace(/^[^:]+: /, '').replace(/\.$/, '');
  return reason.length <= reasonLengthMax ? reason : `${reason.slice(0, reasonLengthMax - 1)}…`;
}
