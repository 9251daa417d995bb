import type { Log } from '../world.ts';

const quietMs = 10_000;

/** Tells the log of clients that are turned away: the first at once, a flood of the same kind as one line with its number. */
export interface Refusals {
  /** `what` completes the sentence "The client at ADDRESS …". */
  count(reason: string, address: string, what: string): void;
}

export function createRefusals(log: Log, where: string, monotonicMs: () => number): Refusals {
  const kinds = new Map<string, { lastMs: number; unsaid: number }>();
  return {
    count(reason, address, what) {
      const kind = kinds.get(reason) ?? { lastMs: Number.NEGATIVE_INFINITY, unsaid: 0 };
      kinds.set(reason, kind);
      const now = monotonicMs();
      if (now - kind.lastMs < quietMs) {
        kind.unsaid++;
        return;
      }
      const more = kind.unsaid === 0 ? '' : `, and ${kind.unsaid} more before it`;
      kind.lastMs = now;
      kind.unsaid = 0;
      log.write('warn', 'http-client-refused', `The client at ${address || where} ${what}${more}`, { reason, where });
    },
  };
}
