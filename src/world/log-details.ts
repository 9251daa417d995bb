/** Details of a log line: nothing secret, and not without end. */

/** What an administrator chooses: `auto` suits where the log goes, `text` has no colours, `json` is one object a line. */
export type LogFormat = 'auto' | 'text' | 'json';

const secretWords = new Set(['password', 'psecret', 'secret', 'token', 'session', 'key', 'authorization', 'cookie']);
const hidden = '(hidden)';
const deepest = 4;
const mostMembers = 64;
const longestText = 2048;

/** True for `password`, `sessionId`, `session_ref`, `Authorization`, …: a name of which one word means a secret. */
function namesSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some(
    (word) => secretWords.has(word) || secretWords.has(word.replace(/s$/, '')) || word.endsWith('password'),
  );
}

/** A copy that is safe to write: secrets hidden, long texts cut, nesting and numbers of members bounded. */
export function safeDetails(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return copyMembers(details, 0);
}

function copyMembers(value: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let count = 0;
  for (const [name, member] of Object.entries(value)) {
    if (++count > mostMembers) {
      copy['…'] = 'more';
      break;
    }
    copy[name] = namesSecret(name) && member !== undefined ? hidden : copyValue(member, depth + 1);
  }
  return copy;
}

function copyValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > longestText ? `${value.slice(0, longestText)}…` : value;
  if (typeof value === 'object') return value === null ? null : copyObject(value, depth);
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
  return value;
}

function copyObject(value: object, depth: number): unknown {
  if (value instanceof Error) return copyValue(value.stack ?? value.message, depth);
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth > deepest) return '…';
  if (Array.isArray(value)) {
    const copy = value.slice(0, mostMembers).map((member) => copyValue(member, depth + 1));
    if (value.length > mostMembers) copy.push('…');
    return copy;
  }
  return copyMembers(value, depth);
}

/** The details as one line of text: ` a=1 b="two words"`. */
export function detailText(details: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const [name, value] of Object.entries(details)) {
    if (value !== undefined) text += ` ${name}=${plain(value)}`;
  }
  return text;
}

function plain(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value;
  return JSON.stringify(value) ?? String(value);
}
