/** The changelog in Debian's form: the newest entry of CHANGELOG.md. */
import { maintainer } from './control.ts';

export function changelogText(markdown: string, version: string, dateSeconds: number): string {
  const newest = markdown.split(/^## /m)[1] ?? '';
  const items = [...newest.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, item = '']) =>
    wrapped(item.replaceAll(/\s+/g, ' ').replaceAll('`', '')),
  );
  const entries = items.length > 0 ? items : ['  * New version.'];
  const date = new Date(dateSeconds * 1000).toUTCString().replace(' GMT', ' +0000');
  return [`quorate (${version}) unstable; urgency=medium`, '', ...entries, '', ` -- ${maintainer}  ${date}`, ''].join(
    '\n',
  );
}

/** An item, broken at 80 columns. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '  *';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > 80) {
      lines.push(line);
      line = `    ${word}`;
    } else {
      line += ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
