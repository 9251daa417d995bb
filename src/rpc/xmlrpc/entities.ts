/** References in XML text: the five of XML itself and numeric ones. There is nothing that expands. */
import { MalformedRequest } from '../wire.ts';

const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Longest reference between & and ;, leading zeros included. */
const referenceChars = 12;
const numeric = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/;

/** Replaces the references in a run of text between two tags. @throws MalformedRequest */
export function decodeEntities(text: string): string {
  if (text.includes(']]>')) throw new MalformedRequest(']]> stands in text');
  let ampersand = text.indexOf('&');
  if (ampersand === -1) return text;
  let decoded = '';
  let from = 0;
  while (ampersand !== -1) {
    const semicolon = text.slice(ampersand + 1, ampersand + 2 + referenceChars).indexOf(';');
    if (semicolon === -1) throw new MalformedRequest('an & that begins no reference');
    const name = text.slice(ampersand + 1, ampersand + 1 + semicolon);
    decoded += text.slice(from, ampersand) + (named.get(name) ?? character(name));
    from = ampersand + semicolon + 2;
    ampersand = text.indexOf('&', from);
  }
  return decoded + text.slice(from);
}

function character(reference: string): string {
  const found = numeric.exec(reference);
  if (found === null) throw new MalformedRequest(`the reference &${reference}; is not known`);
  const code = found[1] === undefined ? Number(found[2]) : Number.parseInt(found[1], 16);
  if (!isXmlCharacter(code)) throw new MalformedRequest(`&${reference}; is not a character of XML`);
  return String.fromCodePoint(code);
}

function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
