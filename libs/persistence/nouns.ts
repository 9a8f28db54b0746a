/** The nouns that have a Postgres schema, a role and a pool of their own. */
export const NOUNS = ['brokers', 'instruments', 'marketdata', 'matching', 'orders', 'positions', 'risk'] as const;

export type Noun = (typeof NOUNS)[number];

/** The Postgres role as which a noun's library works. */
export function roleOf(noun: Noun): string {
  return `switchyard_${noun}`;
}
