import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TOPICS } from '@switchyard/contracts';
import { failpointsIn, offencesOf, rolesIn, switchyardVariablesIn, tradingWordIn, variablesReadIn } from './rules.js';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => (existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : '');

/** Every file that is committed and still there; binary files say nothing to a rule about text. */
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  .split('\0')
  .filter((file) => file !== '' && !/\.(?:binpb|png|jar|gz|ico)$/.test(file) && existsSync(path.join(root, file)));
const code = files.filter((file) => /\.(?:ts|mjs)$/.test(file) && !file.endsWith('.spec.ts'));
const documents = files.filter((file) => /^(?:README|apps\/[^/]+\/README|docs\/.*)\.md$/.test(file));

/** Architecture.md 5: whoever reads these five has read an order's way. */
const WAY_OF_AN_ORDER = [
  'libs/orders/core/account-owner.ts',
  'libs/risk/core/checks.ts',
  'libs/orders/core/order.ts',
  'libs/brokers/core/send-order.ts',
  'libs/positions/core/position.ts',
];

interface DescribedSchema {
  readonly variables: readonly { readonly name: string }[];
}

function isSchema(value: unknown): value is DescribedSchema {
  return typeof value === 'object' && value !== null && 'variables' in value && 'prefix' in value && Array.isArray(value.variables);
}

describe('the repository', () => {
  it('has files of ours', () => {
    expect(files.length).toBeGreaterThan(100);
  });

  it('is tidy: short files, no lone test, no unfinished work, no path of one machine, no registry', () => {
    expect(files.flatMap((file) => offencesOf(file, read(file)))).toEqual([]);
  });

  it('has an app with a README for every role', () => {
    const roleFiles = files.filter((file) => /^libs\/[^/]+\/nest\/[^/]+\.role\.ts$/.test(file));
    expect(roleFiles).not.toEqual([]);
    expect(roleFiles.filter((file) => rolesIn(read(file)).length === 0)).toEqual([]);
    const apps = roleFiles.flatMap((file) => rolesIn(read(file))).flatMap((role) => [`apps/${role}/main.ts`, `apps/${role}/README.md`]);
    expect(apps.filter((file) => !files.includes(file))).toEqual([]);
  });

  it('gives every noun the same shape: a core with its entry, and a nest with role, configuration, services and, where it keeps tables beside a journal, one file of SQL', () => {
    const nouns = [...new Set(files.flatMap((file) => /^libs\/([^/]+)\/nest\//.exec(file)?.[1] ?? []))];
    const ofJournal = ['holders', 'heartbeats', 'ownership', 'journal', 'watermarks', 'cursors', 'parked'];
    const hasOwnTables = (noun: string): boolean => {
      const schema = `libs/persistence/prisma/schema/${noun}.prisma`;
      const tables = files.includes(schema) ? [...read(schema).matchAll(/@@map\("(\w+)"\)/g)].map(([, table]) => table ?? '') : [];
      return tables.some((table) => !ofJournal.includes(table));
    };
    const wanted = nouns.flatMap((noun) => [
      `libs/${noun}/core/index.ts`,
      `libs/${noun}/nest/index.ts`,
      `libs/${noun}/nest/${noun}.role.ts`,
      `libs/${noun}/nest/${noun}.config.ts`,
      ...(hasOwnTables(noun) ? [`libs/${noun}/nest/${noun}.sql.ts`] : []),
    ]);
    const hasService = (noun: string): boolean => files.some((file) => new RegExp(`^libs/${noun}/nest/[^/]+\\.service\\.ts$`).test(file));
    expect(nouns).toHaveLength(7);
    expect(wanted.filter((file) => !files.includes(file))).toEqual([]);
    expect(nouns.filter((noun) => !hasService(noun))).toEqual([]);
  });

  it('has a platform that knows no word of the trade', () => {
    const platform = code.filter((file) => file.startsWith('libs/platform/') && !file.includes('/testing/'));
    expect(platform.length).toBeGreaterThan(50);
    expect(platform.flatMap((file) => tradingWordIn(read(file))?.concat(` in ${file}`) ?? [])).toEqual([]);
  });

  it('names every failpoint where it is armed: in the role, or in the platform', () => {
    const named = [...files.filter((file) => file.endsWith('.role.ts')), 'libs/platform/failpoint/names.ts'].map(read).join('\n');
    const passed = code
      .filter((file) => file.startsWith('libs/') && !file.includes('/testing/'))
      .flatMap((file) => failpointsIn(read(file)));
    expect(passed.length).toBeGreaterThan(8);
    expect(passed.filter((name) => !named.includes(`'${name}'`))).toEqual([]);
  });

  it('has the five files of the way of an order, and the page that links them', () => {
    const page = read('docs/life-of-an-order.md');
    expect(WAY_OF_AN_ORDER.filter((file) => !files.includes(file))).toEqual([]);
    expect(WAY_OF_AN_ORDER.filter((file) => !page.includes(`](../${file})`))).toEqual([]);
  });

  it('shows the matching engine on one page: its memory and the life of one command, with files that are there', () => {
    const page = read('docs/matching.md');
    expect(page.split('\n').length).toBeLessThanOrEqual(100);
    const drawings = page.split(/^## /m).filter((section) => section.includes('\n```\n'));
    expect(drawings.map((section) => section.split('\n')[0])).toEqual(['The memory of the fast engine', 'The life of one command']);
    const layers = [...page.matchAll(/\bfast-\w+/g)].map(([layer]) => `libs/matching/core/engine/${layer}.ts`);
    expect(layers.length).toBeGreaterThan(8);
    expect(layers.filter((file) => !files.includes(file))).toEqual([]);
  });

  it('documents every topic', () => {
    const text = documents.map(read).join('\n');
    expect(TOPICS.map((topic) => topic.name).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('documents every environment variable', async () => {
    const page = read('docs/configuration.md');
    const defining = code.filter((file) => /\bdefineConfig\(/.test(read(file)) && !/^libs\/platform\/config\/|\/testing\//.test(file));
    expect(defining).not.toEqual([]);
    const names = new Set(code.flatMap((file) => switchyardVariablesIn(read(file))));
    // Specs and tools read some too, of any prefix; this one has examples.
    for (const file of files.filter((one) => /\.(?:ts|mjs)$/.test(one) && !one.startsWith('tools/tidy/')))
      for (const name of variablesReadIn(read(file))) names.add(name);
    const hidden: string[] = [];
    for (const file of defining) {
      const schemas = Object.values((await import(path.join(root, file))) as Record<string, unknown>).filter(isSchema);
      // A schema that is not exported can't be documented either.
      if (schemas.length < (read(file).match(/\bdefineConfig\(/g) ?? []).length) hidden.push(file);
      for (const { name } of schemas.flatMap((schema) => schema.variables)) names.add(name);
    }
    expect(hidden).toEqual([]);
    expect([...names].filter((name) => !page.includes(`\`${name}\``)).sort()).toEqual([]);
  });
});

describe('the rules bite', () => {
  const slash = '/';
  it.each([
    { fact: 'a file of 401 lines', file: 'a.ts', text: 'x;\n'.repeat(401), count: 1 },
    { fact: 'a contract of 401 lines', file: 'a.proto', text: 'x;\n'.repeat(401), count: 1 },
    { fact: 'a file of 400 lines is let pass', file: 'a.ts', text: 'x;\n'.repeat(400), count: 0 },
    { fact: 'a generated file may be long', file: 'libs/contracts/gen/a.ts', text: 'x;\n'.repeat(900), count: 0 },
    { fact: 'a lone test', file: 'a.spec.ts', text: `it${'.only'}('x', run)`, count: 1 },
    { fact: 'a bare note of unfinished work', file: 'a.ts', text: `// TO${'DO'} later`, count: 1 },
    { fact: 'a note with its issue is let pass', file: 'a.ts', text: `// TO${'DO'}(#12) later`, count: 0 },
    { fact: 'a home folder', file: 'a.md', text: `see ${slash}root${slash}x`, count: 1 },
    { fact: 'a temporary file by name', file: 'a.ts', text: `open('${slash}tmp${slash}x')`, count: 1 },
    { fact: 'an address is no path of a machine', file: 'a.md', text: `https://example.org${slash}work${slash}x`, count: 0 },
    { fact: 'the host of a registry', file: 'package-lock.json', text: `"https://registry${'.'}example.org/x"`, count: 1 },
    { fact: 'a default that an empty variable does not have', file: 'a.ts', text: `process.env['SEED'] ${'??'} 1`, count: 1 },
    { fact: 'the same, read by our own reader', file: 'a.ts', text: `processEnvironment()['SEED'] ${'??'} 1`, count: 1 },
    { fact: 'no text for an absent variable is let pass', file: 'a.ts', text: "env['NAMES'] ?? ''", count: 0 },
    { fact: 'an ordinary address is let pass', file: 'a.md', text: 'https://example.org/x', count: 0 },
  ])('$fact', ({ file, text, count }) => {
    expect(offencesOf(file, text)).toHaveLength(count);
  });

  it.each([
    ["import { RISK_SERVICE } from './x.js';", undefined],
    ["const name = 'risk-engine';", 'risk'],
    ['const accountId = 1;', undefined],
    ['function useAccount(account: string) {}', 'account'],
    ['// an account in a comment\n/** and a trade */ let x;', undefined],
    ["const to = 'http://quotes.example';", 'quotes'],
  ])('%s has the trading word %s', (text, word) => {
    expect(tradingWordIn(text)).toBe(word);
  });

  it('reads roles and variables from code', () => {
    expect(rolesIn("export const role: Role = { name: 'order-gateway', serves: [] };")).toEqual(['order-gateway']);
    expect(switchyardVariablesIn("env['SWITCHYARD_KAFKA_BROKERS'] || env.SWITCHYARD_HOME")).toEqual([
      'SWITCHYARD_HOME',
      'SWITCHYARD_KAFKA_BROKERS',
    ]);
    expect(variablesReadIn("process.env['CHAOS_SEED'] || env.E2E_KEEP || env['HOME'] || environment['NONE']")).toEqual([
      'CHAOS_SEED',
      'E2E_KEEP',
    ]);
  });
});
