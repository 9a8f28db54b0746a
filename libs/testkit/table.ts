import { assert } from '@switchyard/kernel';

/** Three dashes or more in every cell; a single dash is a cell's text. */
const ruling = /^\|(\s*:?-{3,}:?\s*\|)+$/;

/**
 * Reads a table of a table test: `| a | b |` rows, the first of which names the columns. Empty lines, ruling lines (`|---|---|`)
 * and comments (`# …`, on their own line) are skipped; cells are trimmed texts.
 * Asserts that every row has as many cells as the header, so that a slip of the pen never becomes a missing case.
 */
export function parseTable(text: string): Record<string, string>[] {
  const [header, ...rows] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !ruling.test(line))
    .map(cellsOf);
  assert(header !== undefined, 'a table has a header');
  assert(new Set(header).size === header.length && !header.includes(''), `the columns have names of their own: ${header.join(' | ')}`);
  assert(rows.length > 0, 'a table has a row below its header');
  return rows.map((cells) => {
    assert(cells.length === header.length, `a row has ${header.length} cells: | ${cells.join(' | ')} |`);
    return Object.fromEntries(header.map((column, at) => [column, cells[at] as string]));
  });
}

function cellsOf(line: string): string[] {
  assert(line.length >= 2 && line.startsWith('|') && line.endsWith('|'), `a row starts and ends with a bar: ${line}`);
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}
