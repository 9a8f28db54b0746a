/** Modules inside kafkajs 2.2.4, in whose place ours are put where its own are the dearest thing that a process does. Do so before kafkajs is imported: it keeps what it finds. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** @param path below kafkajs/src. */
export function kafkajsModule<T>(path: string): T {
  return require(`kafkajs/src/${path}`) as T;
}

/** Puts ours in the place of a module's; returns that one. */
export function replaceModule<T>(path: string, ours: T): T {
  const theirs = kafkajsModule<T>(path);
  const cached = require.cache[require.resolve(`kafkajs/src/${path}`)];
  if (cached !== undefined) cached.exports = ours;
  return theirs;
}
