import { stripVTControlCharacters } from 'node:util';

/** A column of a table: its heading, and whether its values are figures, which stand to the right. */
export interface Column {
  readonly heading: string;
  readonly isFigure?: boolean;
}

const gap = '  ';

/** Rows as aligned text, with headings. Widths are those of the text as shown, without colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const headings = columns.map(({ heading }) => heading);
  const widths = columns.map((_, at) => Math.max(...[headings, ...rows].map((row) => widthOf(row[at] ?? ''))));
  const line = (row: readonly string[]) =>
    columns
      .map(({ isFigure }, at) => pad(row[at] ?? '', widths[at] ?? 0, isFigure === true))
      .join(gap)
      .trimEnd();
  return [line(headings), ...rows.map(line)].join('\n');
}

/** Names and values, one a line; without those that are empty. */
export function pairs(facts: readonly (readonly [name: string, value: string])[]): string {
  const said = facts.filter(([, value]) => value !== '');
  const width = Math.max(...said.map(([name]) => name.length));
  return said.map(([name, value]) => `${name.padEnd(width)}${gap}${value}`.trimEnd()).join('\n');
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

function pad(text: string, width: number, toTheRight: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)));
  return toTheRight ? fill + text : text + fill;
}
