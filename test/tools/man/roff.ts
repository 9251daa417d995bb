/** Text for man, in the macros of man(7). Pure. */

/** Text in which nothing is a command: hyphens that can be copied, backslashes, and dots at the beginning of a line. */
export function text(raw: string): string {
  const escaped = raw
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->');
  return escaped.replaceAll(/^(?=[.'])/gm, '\\&');
}

export const bold = (raw: string): string => `\\fB${text(raw)}\\fR`;
export const italic = (raw: string): string => `\\fI${text(raw)}\\fR`;

export function paragraph(...parts: readonly string[]): string {
  return `.PP\n${parts.join('')}`;
}

/** A term and what it means; both are roff already. */
export function item(term: string, meaning: string): string {
  return `.TP\n${term}\n${meaning}`;
}

/** Lines as they stand. */
export function lines(raw: readonly string[]): string {
  return `.PP\n.RS 4\n.nf\n${raw.map(text).join('\n')}\n.fi\n.RE`;
}

export function section(title: string, ...blocks: readonly string[]): string {
  return [`.SH ${title}`, ...blocks.filter((block) => block !== '')].join('\n');
}

export function subsection(title: string, ...blocks: readonly string[]): string {
  return [`.SS ${text(title)}`, ...blocks.filter((block) => block !== '')].join('\n');
}

/** A whole page. Made from the program's own data, so nobody edits it. */
export function manPage(name: string, number: number, version: string, sections: readonly string[]): string {
  const head = [
    '.\\" Made by npm run reference.',
    `.TH ${name.toUpperCase()} ${number} "" "quorate ${version}" "quorate"`,
    '.nh',
    '.ad l',
  ];
  return `${[...head, ...sections].join('\n')}\n`;
}
