/** Configuration: environment strings, described and checked by one zod schema per library. All problems are told at once, and a variable that nobody reads is one. */
import { Secret } from '@switchyard/kernel';
import { type z } from 'zod';

type Shape = Readonly<Record<string, z.ZodType<unknown, string | undefined>>>;

/** What a schema's variables are after reading: `heartbeatMs` from `ORDERS_HEARTBEAT_MS`. */
export type ConfigOf<C> = C extends ConfigSchema<infer S> ? { readonly [K in keyof S]: z.output<S[K]> } : never;

/** One variable, as the generated documentation shows it. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  /** The default as it would stand in the environment; undefined where the variable is required or may be absent. */
  readonly default: string | undefined;
  readonly required: boolean;
}

/** What several variables must satisfy together. It is looked at once each of them is right by itself. */
export interface ConfigRule<K extends string = string> {
  readonly of: readonly K[];
  /** The sentence where it is broken: it names the variables. Undefined where it holds. */
  problem(values: Readonly<Record<string, unknown>>): string | undefined;
}

/** The variables of one library, all with the same prefix. */
export interface ConfigSchema<S extends Shape = Shape> {
  readonly prefix: string;
  readonly shape: S;
  readonly variables: readonly Variable[];
  readonly rules: readonly ConfigRule[];
}

/** The start stops: every wrong, missing or unknown variable, one a line. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Defines the variables of a library. `defineConfig('ORDERS', { heartbeatMs: durationMs().default(500).describe('…') })` reads `ORDERS_HEARTBEAT_MS`.
 * A name that holds a time ends in its unit (Ms). Every variable has a description.
 */
export function defineConfig<const S extends Shape>(
  prefix: string,
  shape: S,
  ...rules: readonly ConfigRule<keyof S & string>[]
): ConfigSchema<S> {
  const variables = Object.entries(shape).map(([key, schema]) => describeVariable(variableName(prefix, key), schema));
  const undescribed = variables.filter((variable) => variable.meaning === '');
  if (undescribed.length > 0)
    throw new Error(`no description for ${undescribed.map((variable) => variable.name).join(', ')}: end each with .describe()`);
  return { prefix, shape, variables, rules };
}

/** Reads several schemas from one environment. Throws ConfigError with all problems of all of them. */
export function readConfigs(
  schemas: readonly ConfigSchema[],
  env: Readonly<Record<string, string | undefined>>,
): Map<ConfigSchema, Readonly<Record<string, unknown>>> {
  const { read, problems } = checkConfigs(schemas, env);
  if (problems.length > 0) throw new ConfigError(problems);
  return read;
}

/** Reads what can be read, and tells all that is wrong: a variable that is wrong has no value. For who has problems of its own to add. */
export function checkConfigs(
  schemas: readonly ConfigSchema[],
  env: Readonly<Record<string, string | undefined>>,
): { read: Map<ConfigSchema, Readonly<Record<string, unknown>>>; problems: string[] } {
  const problems: string[] = [];
  const read = new Map<ConfigSchema, Readonly<Record<string, unknown>>>();
  const known = new Set(schemas.flatMap((schema) => schema.variables.map((variable) => variable.name)));
  for (const schema of schemas) {
    const values: Record<string, unknown> = {};
    for (const [key, type] of Object.entries(schema.shape)) {
      const name = variableName(schema.prefix, key);
      // An empty variable is an absent one, as in a compose file's `${NAME:-}`.
      const result = type.safeParse(env[name] === '' ? undefined : env[name]);
      if (result.success) values[key] = result.data;
      else if (env[name] === undefined || env[name] === '') problems.push(`${name} is missing: ${type.description ?? ''}`);
      else problems.push(`${name} ${result.error.issues.map((issue) => issue.message).join('; ')}`);
    }
    read.set(schema, values);
    for (const rule of schema.rules) {
      const problem = rule.of.every((key) => key in values) ? rule.problem(values) : undefined;
      if (problem !== undefined) problems.push(problem);
    }
    const unknown = Object.keys(env).filter((name) => name.startsWith(`${schema.prefix}_`) && !known.has(name));
    for (const name of unknown) problems.push(`${name} is not a variable of ours: remove it, or write it as docs/configuration.md does`);
  }
  return { read, problems: [...new Set(problems)].sort() };
}

/** Reads one schema. Throws ConfigError. */
export function readConfig<S extends Shape>(
  schema: ConfigSchema<S>,
  env: Readonly<Record<string, string | undefined>>,
): ConfigOf<ConfigSchema<S>> {
  return readConfigs([schema], env).get(schema) as ConfigOf<ConfigSchema<S>>;
}

/** The effective configuration as `NAME=value` lines; what is secret, or a URL's password, is shown as [secret]. */
export function printConfigs(configs: ReadonlyMap<ConfigSchema, Readonly<Record<string, unknown>>>): string {
  const lines: string[] = [];
  for (const [schema, values] of configs) {
    for (const [key, value] of Object.entries(values)) lines.push(`${variableName(schema.prefix, key)}=${printValue(value)}`);
  }
  return lines.sort().join('\n');
}

function printValue(value: unknown): string {
  if (value === undefined) return '';
  // Of an address that is secret for its password the rest may be seen.
  if (value instanceof Secret) return isUrl(value.reveal()) ? withoutPassword(value.reveal() as string) : String(value);
  if (Array.isArray(value)) return value.join(',');
  return withoutPassword(String(value));
}

function variableName(prefix: string, key: string): string {
  return `${prefix}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function describeVariable(name: string, schema: Shape[string]): Variable {
  const ifAbsent = schema.safeParse(undefined);
  const absent = ifAbsent.success ? ifAbsent.data : undefined;
  return {
    name,
    meaning: schema.description ?? '',
    default: absent === undefined ? undefined : printValue(absent),
    required: !ifAbsent.success,
  };
}

/** A URL's password, and what a query calls one, is not for the screen. */
function withoutPassword(value: string): string {
  if (!isUrl(value)) return value;
  const parsed = new URL(value);
  const names = [...parsed.searchParams.keys()].filter((name) => /password|secret|token|key/i.test(name));
  if (parsed.password === '' && names.length === 0) return value;
  if (parsed.password !== '') parsed.password = 'HIDDEN';
  for (const name of names) parsed.searchParams.set(name, 'HIDDEN');
  return parsed.href.replaceAll('HIDDEN', '[secret]');
}

function isUrl(value: unknown): boolean {
  return typeof value === 'string' && value.includes('://') && URL.canParse(value);
}
