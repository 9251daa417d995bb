/** Text for XML: escaped, and without the characters that XML cannot hold. */
import type { Bytes } from '../marshal/bytes.ts';

/** 1 for the ASCII characters that cannot go as they are. */
const special = new Uint8Array(128);
for (let code = 0; code < 0x20; code += 1) special[code] = code === 0x09 || code === 0x0a ? 0 : 1;
for (const character of '&<>"') special[character.charCodeAt(0)] = 1;

// A carriage return goes as a reference, because every XML parser makes a plain one a line feed.
const replacements: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\r', '&#13;'],
]);
const needsWork = /[^\t\n\u0020-\ufffd]|[&<>"]/g;

export function escapeXml(text: string): string {
  return text.toWellFormed().replace(needsWork, (character) => replacements.get(character) ?? '');
}

/** Writes text escaped. Most text is plain ASCII and is copied while it is being checked. */
export function writeEscaped(out: Bytes, text: string): void {
  const { length } = text;
  out.reserve(length);
  const { buffer, at } = out;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 128 || special[code] === 1) {
      out.at = at + index;
      out.text(escapeXml(text.slice(index)));
      return;
    }
    buffer[at + index] = code;
  }
  out.at = at + length;
}
