import type { Cancel, FollowOptions } from '../world.ts';
import type { Incarnation } from './incarnation.ts';

/** A program that goes on printing lines: gets what prints one and what ends it; returns what to do when it is stopped. */
export type FakeFollower = (
  args: readonly string[],
  print: (line: string) => void,
  end: (reason: string) => void,
) => Cancel | undefined;

const lineMs = 0.5;

/** Starts a fake that goes on printing, in virtual time. */
export function followFake(
  table: ReadonlyMap<string, FakeFollower>,
  life: Incarnation,
  program: string,
  args: readonly string[],
  options: FollowOptions,
): Cancel {
  let over = false;
  let stop: Cancel | undefined;
  const end = (reason: string): void => {
    if (over) return;
    over = true;
    options.onEnd(reason);
  };
  life.after(lineMs, () => {
    if (over) return;
    const fake = table.get(program);
    if (fake === undefined) {
      end(`${program}: no such file or directory`);
      return;
    }
    const print = (line: string): void => {
      const cut = Buffer.from(line).subarray(0, options.maxLineBytes).toString();
      life.after(lineMs, () => {
        if (!over) options.onLine(cut);
      });
    };
    stop = fake(args, print, (reason) => void life.after(lineMs, () => end(reason)));
  });
  return () => {
    if (over) return;
    over = true;
    stop?.();
  };
}
