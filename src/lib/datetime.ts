/** Milliseconds since 1970 as the API writes a datetime: `20070816T09:30:00Z`. */
export function formatDatetime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replaceAll('-', '')}Z`;
}

/** An API datetime as milliseconds since 1970. The text must be in the form that `formatDatetime` writes. */
export function parseDatetime(text: string): number {
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  return Date.parse(iso);
}

/** The datetime that stands for "never". */
export const neverDatetime = '19700101T00:00:00Z';
