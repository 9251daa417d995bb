/** Lists as tables, for people at a terminal. */
import { printable } from './format.ts';

/** Longest text of a cell; the rest is cut, and `params=` shows it whole. */
const longestCell = 60;

/** A table without borders, or undefined when it does not fit the width. The library is loaded only when a table is drawn. */
export async function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  bold: (text: string) => string,
): Promise<string | undefined> {
  const { default: Table } = await import('cli-table3');
  // The border above is a ruler: its length is the width of the table, however wide the characters in it are.
  const above = { top: '-', 'top-mid': '--', 'top-left': '', 'top-right': '' };
  const none = { bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', mid: '', 'mid-mid': '' };
  const table = new Table({
    head: head.map((name) => bold(name)),
    chars: { ...above, ...none, left: '', 'left-mid': '', right: '', 'right-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map((cell) => cut(printable(cell))));
  const [ruler = '', ...lines] = table.toString().split('\n');
  return ruler.length > columns ? undefined : lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function cut(text: string): string {
  const chars = Array.from(text);
  return chars.length <= longestCell ? text : `${chars.slice(0, longestCell - 1).join('')}…`;
}
