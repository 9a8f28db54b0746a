/** Which skipped tests are known, and why: the table under "Skipped tests" in docs/verification.md. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../workspace.mjs';

/** Rows `| test's full name | reason |` of the section "Skipped tests" of a Markdown text; a row without a reason does not count. */
export function parseSkips(markdown) {
  const section = /^#+ Skipped tests[^\n]*\n([\s\S]*?)(?=^#|(?![\s\S]))/m.exec(markdown)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
  return new Map(cells.filter(([name, reason]) => name && reason && !/^[-: ]+$/.test(name)).map(([name, reason]) => [name, reason]));
}

/** The reasons that docs/verification.md gives, by the test's full name. */
export function reasonsForSkips() {
  const file = path.join(ROOT, 'docs/verification.md');
  return existsSync(file) ? parseSkips(readFileSync(file, 'utf8')) : new Map();
}
