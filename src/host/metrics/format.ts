/** Numbers and names as pages of figures hold them. */

/** Twelve digits, enough for bytes of a terabyte; NaN and Infinity by these names. */
export function formatFigure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value === 0 ? '0.0' : String(value);
  return String(Number.isFinite(value) ? Number(value.toPrecision(12)) : value);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function xmlText(text: string): string {
  return text.replaceAll(/[&<>"]/g, (found) => entities[found] ?? '');
}
