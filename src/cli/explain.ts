/** Errors of the API as a sentence: the code, what it is about, what it means and the way out. Pure. */
import { type ErrorSpec, errorCodes } from '../datamodel/error-codes.ts';
import type { Catalogue } from './catalogue.ts';
import { classWordOf } from './names.ts';

const catalogueOfErrors: Readonly<Record<string, ErrorSpec>> = errorCodes;

export function explain(catalogue: Catalogue, code: string, params: readonly string[]): string {
  const spec = Object.hasOwn(catalogueOfErrors, code) ? catalogueOfErrors[code] : undefined;
  const named = params
    .map((value, index) => (spec?.params[index] === undefined ? value : `${spec.params[index]} ${value}`))
    .filter((text) => text !== '');
  const about = named.length === 0 ? '' : ` (${named.join(', ')})`;
  const meaning = spec?.doc ?? 'This program does not know the code; the log of the agent may say more.';
  return [`${code}${about}: ${meaning}`, hint(catalogue, code, params)].filter((text) => text !== '').join(' ');
}

/** The command that helps, where there is one. */
function hint(catalogue: Catalogue, code: string, params: readonly string[]): string {
  const subject = params[0] ?? '';
  if (code === 'UUID_INVALID' || code === 'HANDLE_INVALID') {
    const className = catalogue.className(subject);
    const list = className === undefined ? '' : `${classWordOf(className)}-list`;
    return className !== undefined && catalogue.find(list) !== undefined ? `See them with: quorate ${list}` : '';
  }
  if (code === 'NOT_IMPLEMENTED') return 'They are listed in docs/reference/waiting.md.';
  if (code === 'MESSAGE_PARAMETER_COUNT_MISMATCH') return `See: quorate help ${subject}`;
  return '';
}
