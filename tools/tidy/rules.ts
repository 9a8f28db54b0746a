/** Rules about the text of a file, each a pure function from path and text to sentences; tidy.spec.ts holds every file of ours against them. */

const LINES_MAX = 400;

// Not .sql: a migration is the record of one change, as Prisma wrote it, and is never edited once it ran anywhere; the first one has every table.
const isCode = (file: string): boolean => /\.(?:ts|mjs|proto|prisma)$/.test(file);
const isGenerated = (file: string): boolean => /(?:^|\/)(?:gen|generated)\//.test(file);

/** Written in two halves, so that the rules do not find themselves. */
const UNFINISHED = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b(?!\\(#\\d+\\))`);
const ONLY = /\b(?:it|test|describe)\.only\b/;
const MACHINE_PATH = /(?<![\w.~/:-])\/(?:work|root|tmp|Users|home\/(?!node\b)[a-z]+)\/[\w.-]/;
/** A default that an empty variable does not get; no text for none is the same for both. */
const EMPTY_COUNTS = /\b(?:env|processEnvironment\(\))(?:\.[A-Z]\w*|\['\w+'\]) \?\? (?!'')/;
const REGISTRY_HOST = /\b(?:registry|npm|proxy|artifactory|nexus)\.[a-z0-9-]+\.(?:org|com|io|net|dev)\b|"resolved": "https?:/;

function firstLineWith(pattern: RegExp, text: string): number | undefined {
  const index = text.split('\n').findIndex((line) => pattern.test(line));
  return index < 0 ? undefined : index + 1;
}

/** What is wrong with one file, one sentence each; nothing for a file that is as it should be. */
export function offencesOf(file: string, text: string): string[] {
  const offences: string[] = [];
  const forbid = (pattern: RegExp, what: string): void => {
    const line = firstLineWith(pattern, text);
    if (line !== undefined) offences.push(`${file}:${line} ${what}`);
  };
  forbid(MACHINE_PATH, 'names a path of one machine');
  forbid(REGISTRY_HOST, 'names the host of a package registry');
  if (!isCode(file) || isGenerated(file)) return offences;
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines > LINES_MAX) offences.push(`${file} has ${lines} lines, more than ${LINES_MAX}`);
  forbid(UNFINISHED, 'has a note of unfinished work without an issue');
  forbid(EMPTY_COUNTS, 'takes an empty variable for one that is set: || has the default for both');
  if (file.endsWith('.spec.ts')) forbid(ONLY, 'runs only one of its tests');
  return offences;
}

/** Words of the trade as the platform's code must not have them; `accounts` is the name of a claim, `brokers` are Kafka's. */
const TRADING_WORD =
  /\b(?:account|instruments?|quotes?|trad(?:e|es|er|ing)|halts?|risk|positions?|matching|clOrdId|order-gateway|broker-connector|market-data)\b/i;

/** The first word of the trade in code, comments apart; undefined where there is none. */
export function tradingWordIn(text: string): string | undefined {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  return TRADING_WORD.exec(code)?.[0];
}

/** The names of failpoints that a text passes, as `failpoint('orders.after-commit')`. */
export function failpointsIn(text: string): string[] {
  return [...text.matchAll(/\bfailpoint\('([a-z.-]+)'\)/g)].map((match) => match[1] ?? '');
}

/** The names of the roles that a `*.role.ts` declares, as `name: 'order-gateway'`. */
export function rolesIn(text: string): string[] {
  return [...text.matchAll(/\bname: '([a-z][a-z-]+)'/g)].map((match) => match[1] ?? '');
}

/** Variables that belong to others: the system, Java, Docker, Nx. */
const foreign = ['DOCKER_HOST', 'HOME', 'JAVA_HOME', 'NX_DAEMON', 'PATH', 'USER', 'XDG_CACHE_HOME'];

/** The environment variables that a text reads, of whatever prefix, without those of others. */
export function variablesReadIn(text: string): string[] {
  const names = [...text.matchAll(/\benv(?:\.|\[')([A-Z][A-Z0-9_]*)/g)].map((match) => match[1] ?? '');
  return [...new Set(names)].filter((name) => !foreign.includes(name)).sort();
}

/** Our own environment variables that a text mentions. */
export function switchyardVariablesIn(text: string): string[] {
  return [...new Set(text.match(/\bSWITCHYARD_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g))].sort();
}
