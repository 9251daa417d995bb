/** The page of limits: values from the module, reasons from its comments. */
import { limits } from '../../../src/lib/limits.ts';
import { code, page, table } from './markdown.ts';

export interface Limit {
  readonly name: string;
  readonly value: unknown;
  /** Empty when the source gives none. */
  readonly reason: string;
}

/** Every limit with the comment before it in the source; one without a comment belongs to the one above it. */
export function readLimits(source: string): Limit[] {
  const reasons = new Map<string, string>();
  let reason = '';
  for (const [, comment, name = ''] of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/|^ {2}(\w+):/gm)) {
    if (comment === undefined) reasons.set(name, reason);
    else reason = comment.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim();
  }
  return Object.entries(limits).map(([name, value]) => ({ name, value, reason: reasons.get(name) ?? '' }));
}

/** The value as people read it, with the unit that its name ends in. */
export function withUnit(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('Ms'))
    return scaled(value, [
      [3_600_000, 'h'],
      [60_000, 'min'],
      [1000, 's'],
      [1, 'ms'],
    ]);
  if (name.endsWith('Bytes'))
    return scaled(value, [
      [1_073_741_824, 'GiB'],
      [1_048_576, 'MiB'],
      [1024, 'KiB'],
      [1, 'bytes'],
    ]);
  return String(value);
}

function scaled(value: number, units: readonly (readonly [size: number, unit: string])[]): string {
  const [size, unit] = units.find(([size]) => value >= size && value % size === 0) ?? [1, ''];
  return `${String(value / size)} ${unit}`.trim();
}

export function limitsPage(source: string): string {
  return page('Limits', [
    'Everything that comes in or piles up has a limit, so that nothing a caller does can take the agent down.',
    table(
      ['limit', 'value', 'what it bounds and why'],
      readLimits(source).map(({ name, value, reason }) => [code(name), withUnit(name, value), reason]),
    ),
  ]);
}
