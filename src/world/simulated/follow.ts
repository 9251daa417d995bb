import type { Cancel, FollowOptions } from '../world.ts';
import type { Incarnation } from './incarnation.ts';

/** A program that goes on printing lines: gets what prints one and what ends it; returns what to do when it is stopped. */
export type FakeFollower = (
  args: readonly string[],
  print: (line: string) => void,
  end: (reason: string, exitCode?: number) => void,
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
  const end = (reason: string, exitCode?: number): void => {
    if (over) return;
    over = true;
    options.onEnd(reason, exitCode);
  };
  life.after(lineMs, () => {
    if (over) return;
    const fake = table.get(program);
    if (fake === undefined) {
      end(`${program}: no such file or directory`);
      return;
    }
    const print = (line: string): void => {
      life.after(lineMs, () => {
        if (over) return;
        if ('onPiece' in options) options.onPiece(Buffer.from(`${line}\n`));
        else options.onLine(Buffer.from(line).subarray(0, options.maxLineBytes).toString());
      });
    };
    stop = fake(args, print, (reason, code) => void life.after(lineMs, () => end(reason, code)));
  });
  return () => {
    if (over) return;
    over = true;
    stop?.();
  };
}
