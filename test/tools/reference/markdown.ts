/** Small pieces of Markdown. */
import { type ApiType, isSecret, parseType } from '../../../src/datamodel/type-expression.ts';

const generated =
  '<!-- Made by npm run reference. Change src/datamodel, src/cli or src/lib/limits.ts and run it again. -->';

export function page(title: string, parts: readonly string[]): string {
  return `${[generated, `# ${title}`, ...parts.filter((part) => part !== '')].join('\n\n')}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** Where pages are, seen from the one that links to them. */
export interface Place {
  readonly classes: string;
  readonly top: string;
}

export const fromTop: Place = { classes: 'classes/', top: '' };
export const fromClass: Place = { classes: '', top: '../' };

export function classLink(name: string, place: Place): string {
  return `[${name}](${place.classes}${name}.md)`;
}

/** The heading that GitHub and others make of a name. */
export function anchor(name: string): string {
  return name.toLowerCase().replaceAll('.', '');
}

export function messageLink(name: string, place: Place): string {
  const [className = ''] = name.split('.');
  return `[${code(name)}](${place.classes}${className}.md#${anchor(name)})`;
}

export function errorLink(name: string, place: Place): string {
  return `[${name}](${place.top}errors.md#${anchor(name)})`;
}

/** A type expression with its classes and enumerations linked. */
export function typeLink(expression: string, place: Place): string {
  return `${isSecret(expression) ? 'secret ' : ''}${linked(parseType(expression), place)}`;
}

function linked(type: ApiType, place: Place): string {
  if (type.kind === 'ref' || type.kind === 'record') return `${classLink(type.class, place)} ${type.kind}`;
  if (type.kind === 'enum') return `[${type.name}](${place.top}enums.md#${anchor(type.name)})`;
  if (type.kind === 'set' || type.kind === 'option') return `${linked(type.of, place)} ${type.kind}`;
  if (type.kind === 'map') return `(${linked(type.key, place)} → ${linked(type.value, place)}) map`;
  return type.kind;
}

/** A default as it would be written in JSON; empty values are left to the type. */
export function value(given: unknown): string {
  return given === undefined ? '' : code(JSON.stringify(given));
}
