// The trading date of an instant. India has one time zone and no summer time, so arithmetic is exact.

const indiaOffsetMs = 19_800_000; // +05:30
const dayMs = 86_400_000;
let lastDay = Number.NaN;
let lastText = '';

/** The date in India at this instant, "YYYY-MM-DD". */
export function indianTradingDate(atMs: number): string {
  const day = Math.floor((atMs + indiaOffsetMs) / dayMs);
  if (day !== lastDay) {
    lastText = new Date(day * dayMs).toISOString().slice(0, 10); // Once a day, not once an event.
    lastDay = day;
  }
  return lastText;
}
