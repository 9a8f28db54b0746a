/** The kinds of values that configuration has. Each reads one environment string; give a default with `.default()` and say what it means with `.describe()`, last. */
import { Secret } from '@switchyard/kernel';
import { z } from 'zod';

/** A whole number, in the range if one is given. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER) {
  return z
    .string()
    .regex(/^-?\d+$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`);
}

/** Milliseconds; the variable's name ends in _MS. */
export function durationMs(min = 1, max = 86_400_000) {
  return integer(min, max);
}

/** A number with a fraction, in the range. */
export function fraction(min = 0, max = 1) {
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'is not a number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`);
}

/** Any text that is not empty. */
export function text() {
  return z.string().min(1, 'is empty');
}

/** A decimal such as "1500.05", kept as text: money and quantities are never numbers. */
export function decimal() {
  return z.string().regex(/^\d+(\.\d{1,9})?$/, 'is not a decimal with at most 9 places');
}

/** true or false. */
export function flag() {
  return z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
}

/** One word of a list. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** Texts, separated by commas. */
export function list() {
  return z.string().transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** An absolute URL. */
export function url() {
  return z.string().refine((value) => URL.canParse(value), 'is not a URL');
}

/** An absolute URL that may hold a user and a password: it is never printed. */
export function secretUrl() {
  return url().transform((value) => new Secret(value));
}

const portMax = 65_535;

/** True for host:port with a port that there is. */
export function isHostAndPort(value: string, portMin = 0): boolean {
  const port = /^[^\s:|,]+:(\d{1,5})$/.exec(value)?.[1];
  return port !== undefined && Number(port) >= portMin && Number(port) <= portMax;
}

/** host:port, port 0 for any free one. */
export function hostAndPort() {
  return z.string().refine((value) => isHostAndPort(value), `is not host:port with a port from 0 to ${portMax}`);
}

/** host:port of others, separated by commas: at least one. */
export function addresses() {
  return list().refine(
    (items) => items.length > 0 && items.every((item) => isHostAndPort(item, 1)),
    `is not host:port,host:port with ports from 1 to ${portMax}`,
  );
}

/** A text that must never be printed. */
export function secret() {
  return text().transform((value) => new Secret(value));
}
