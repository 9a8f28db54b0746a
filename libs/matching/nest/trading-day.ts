const dayMs = 86_400_000;

/** The trading date that ended last: "YYYY-MM-DD", the UTC date right before the last passing of `dayEndUtc` ("HH:MM"). */
export function lastEndedDay(nowMs: number, dayEndUtc: string): string {
  const [hours = 0, minutes = 0] = dayEndUtc.split(':').map(Number);
  const today = Math.floor(nowMs / dayMs) * dayMs + hours * 3_600_000 + minutes * 60_000;
  const lastEnd = today <= nowMs ? today : today - dayMs;
  return new Date(lastEnd - 1).toISOString().slice(0, 10);
}
