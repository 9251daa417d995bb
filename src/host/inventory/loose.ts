/** Reading what other programs wrote, none of which is trusted to have the shape that its manual promises. */

/** The members of a JSON object; of anything else there are none. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The elements of a JSON array; of anything else there are none. */
export function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' && value.isWellFormed() ? value : '';
}

/** A whole number that is not negative and can be counted with, or undefined. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Digits as such a number, or undefined. */
export function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** JSON, or undefined when the text is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A JSON array, or undefined. `ip -j` prints nothing at all where there is nothing to list. */
export function readList(text: string): readonly unknown[] | undefined {
  if (text.trim() === '') return [];
  const value = readJson(text);
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}

/** Lines of the form `key<separator>value`; the first of several with one key counts. */
export function readPairs(text: string, separator: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(separator);
    if (at <= 0) continue;
    const key = line.slice(0, at).trim();
    if (key !== '' && !found.has(key)) found.set(key, line.slice(at + separator.length).trim());
  }
  return found;
}

/** Text without what cannot be shown: names that firmware gives hold anything. */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}
