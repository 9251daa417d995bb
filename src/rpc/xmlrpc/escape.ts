/** Text for XML: escaped, in UTF-8, and without the characters that XML cannot hold. */
import type { Bytes } from '../marshal/bytes.ts';

/** What ASCII characters go as where not as themselves; control characters, which XML cannot hold, go as nothing. */
const replacements: readonly (Uint8Array | undefined)[] = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code);
  switch (character) {
    case '&':
      return Buffer.from('&amp;');
    case '<':
      return Buffer.from('&lt;');
    case '>':
      return Buffer.from('&gt;');
    case '"':
      return Buffer.from('&quot;');
    case '\r':
      // As a reference, because every XML parser makes a plain one a line feed.
      return Buffer.from('&#13;');
    case '\t':
    case '\n':
      return undefined;
    default:
      return code < 0x20 ? Buffer.alloc(0) : undefined;
  }
});

/** 1 for every ASCII character that does not go as it is. */
const special = Uint8Array.from(replacements, (replacement) => (replacement === undefined ? 0 : 1));

const longestReplacement = 6;

/** Anything that does not go as it is, or is beyond ASCII. */
const notPlain = /[^\t\n !#-%'-;=?-\x7f]/;

/**
 * From this length on a look with the expression and one native copy are no slower than the loop below. The loop alone runs at
 * half its speed in one process of six, depending on how V8 happens to compile it; with this it has too little to do for that.
 */
const nativeFromLength = 24;

/** Writes text escaped. It is copied while it is being checked: nearly all of it is plain. */
export function writeEscaped(out: Bytes, text: string): void {
  const { length } = text;
  out.reserve(length * longestReplacement);
  const { buffer } = out;
  if (length >= nativeFromLength && !notPlain.test(text)) {
    out.at += buffer.write(text, out.at, 'latin1');
    return;
  }
  let index = copyPlain(text, 0, buffer, out.at);
  out.at += index;
  while (index < length) {
    const replacement = replacements[text.charCodeAt(index)];
    if (replacement === undefined) {
      // Beyond ASCII XML lacks two characters, and UTF-8 halves of a pair: those become U+FFFD as they are written.
      out.text(text.slice(index).replaceAll(/[&<>"\r]|[^\t\n\u0020-\ufffd]/g, replacementText));
      return;
    }
    buffer.set(replacement, out.at);
    out.at += replacement.length;
    index += 1;
    const plainEnd = copyPlain(text, index, buffer, out.at);
    out.at += plainEnd - index;
    index = plainEnd;
  }
}

/** Copies from `index` on what is plain and returns where that ends. The innermost loop for short texts. */
function copyPlain(text: string, index: number, buffer: Uint8Array, at: number): number {
  const { length } = text;
  const offset = at - index;
  let from = index;
  for (; from < length; from += 1) {
    const code = text.charCodeAt(from);
    if (code >= 0x80 || special[code] === 1) break;
    buffer[offset + from] = code;
  }
  return from;
}

function replacementText(character: string): string {
  return replacements[character.charCodeAt(0)]?.toString() ?? '';
}
