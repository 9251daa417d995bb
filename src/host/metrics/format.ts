/** Numbers and names as pages of figures hold them. */

/** Twelve digits, enough for bytes of a terabyte; NaN and Infinity by these names. */
export function formatFigure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value === 0 ? '0.0' : String(value);
  return String(Number.isFinite(value) ? Number(value.toPrecision(12)) : value);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Interfaces may have names with control characters, for which XML has no place. */
export function xmlText(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\uFFFD').replaceAll(/[&<>"]/g, (found) => entities[found] ?? '');
}
