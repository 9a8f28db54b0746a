// Loaded with `--import` before a process of the platform: changes built files as they are loaded, as the mutant in CHAOS_MUTANT says. No mutant is in the
// platform's own code. An edit that does not match exactly once ends the process, so that no mutant is silently harmless.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { mutants } from './mutants.js';

const root = path.resolve(import.meta.dirname, '../..');
const name = process.env['CHAOS_MUTANT'] ?? '';
const mutant = mutants.find((one) => one.name === name);

function refuse(text: string): never {
  process.stderr.write(`mutant ${name}: ${text}\n`);
  process.exit(70);
}

if (mutant === undefined) refuse(`is none of ${mutants.map((one) => one.name).join(', ')}`);
/** File → its edits. Every one is tried before anything is loaded. */
const changed = new Map<string, string>();
for (const { file, from, to } of mutant.edits) {
  const where = path.join(root, file);
  const source = changed.get(where) ?? readFileSync(where, 'utf8');
  const count = source.split(from).length - 1;
  if (count !== 1) refuse(`"${from}" occurs ${count} times in ${file}, not once`);
  changed.set(
    where,
    source.replace(from, () => to),
  );
}

registerHooks({
  load(url, context, next) {
    const source = url.startsWith('file:') ? changed.get(fileURLToPath(url)) : undefined;
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
  },
});
