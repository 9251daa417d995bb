/** `stack watch`: runs the scripts of a stack that tell of the liveset, and prints it whenever it has changed. */
import { limits } from '../../lib/limits.ts';
import type { StackFault } from '../../stack/fault.ts';
import type { Liveset } from '../../stack/liveset.ts';
import { StackRegistry } from '../../stack/registry.ts';
import { StackRunner } from '../../stack/runner.ts';
import { LivesetSource } from '../../stack/watch-liveset.ts';
import { createLinuxWorld, type LinuxWorld } from '../../world/linux/world.ts';
import { CommandFailure } from '../failure.ts';
import { printable } from '../format.ts';
import type { GlobalOptions } from '../options.ts';
import type { Output } from './context.ts';

export interface WatchedStack {
  readonly root: string;
  readonly name: string;
}

/** What of a liveset is told; latencies and times change with every look. */
interface Told {
  readonly status: string;
  readonly thisHost: string;
  readonly live: readonly string[];
  readonly lost: readonly string[];
  readonly master: string | null;
  readonly excluded: readonly string[];
  readonly withoutStatefile: readonly string[];
  readonly warnings: readonly string[];
}

/** Until it is interrupted. @throws CommandFailure when the stack may not be used */
export async function stackWatch(
  { root, name }: WatchedStack,
  options: GlobalOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const world = createLinuxWorld({ log: { level: 'error', output: process.stderr } });
  const registry = new StackRegistry({
    world,
    uid: process.getuid?.() ?? 0,
    limits,
    stackRoot: root,
    stackScanMs: limits.stackPollMs,
    changed: () => undefined,
  });
  try {
    await registry.start();
    const refusal = await registry.refusal(name);
    if (refusal !== undefined) throw new CommandFailure(printable(refusal));
    await follow(
      world,
      registry,
      name,
      (line) => output.write(options.json ? `${JSON.stringify(line)}\n` : asLine(line)),
      output,
      signal,
    );
  } finally {
    await registry.stop();
    await world.close();
  }
  signal.throwIfAborted();
}

interface Line extends Told {
  readonly time: string;
  readonly by: 'watch' | 'poll';
}

function follow(
  world: LinuxWorld,
  registry: StackRegistry,
  name: string,
  tell: (line: Line) => void,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const record = registry.stacks.get(name);
  const directory = record?.directory ?? '';
  const runner = new StackRunner({
    world,
    stack: name,
    directory,
    limits,
    permit: (script) => registry.refusal(name, script),
  });
  const watch = record?.scripts.includes('ha_watch_liveset') ?? false;
  const source = new LivesetSource({ world, runner, stack: name, watch, limits });
  const now = (): string => new Date(world.clock.nowMs()).toISOString();
  let before = '';
  source.subscribe({
    onReading: ({ liveset, by }) => {
      const told = toldOf(liveset);
      const text = JSON.stringify(told);
      if (text === before) return;
      before = text;
      tell({ time: now(), by, ...told });
    },
    onBlind: (fault) => {
      before = '';
      output.note(`${now()} ${output.paintNotes.yellow('not seen:')} ${printable(sentenceOf(fault))}\n`);
    },
  });
  return new Promise((resolve) => {
    const end = (): void => {
      source.stop();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    source.start();
    if (signal.aborted) end();
  });
}

function sentenceOf(fault: StackFault): string {
  return [fault.message, fault.details.wayOut].filter((part) => part !== undefined).join(' ');
}

function toldOf({ status, localhost, hosts, warnings }: Liveset): Told {
  const ids = (wanted: (host: Liveset['hosts'][number]) => boolean): string[] =>
    hosts.filter((host) => wanted(host)).map(({ hostId }) => hostId);
  return {
    status,
    thisHost: localhost.hostId,
    live: ids(({ liveness }) => liveness),
    lost: ids(({ liveness }) => !liveness),
    master: hosts.find(({ master, liveness }) => master && liveness)?.hostId ?? null,
    excluded: ids(({ excluded }) => excluded),
    withoutStatefile: ids(({ liveness, statefileAccess }) => liveness && !statefileAccess),
    warnings: Object.entries(warnings ?? {}).flatMap(([warning, on]) => (on === true ? [warning] : [])),
  };
}

function asLine({ time, status, live, lost, master, excluded, withoutStatefile, warnings }: Line): string {
  const parts = [
    status,
    `${live.length} of ${live.length + lost.length} live`,
    lost.length > 0 ? `not live: ${lost.join(' ')}` : '',
    master === null ? 'no master' : `master ${master}`,
    excluded.length > 0 ? `excluded: ${excluded.join(' ')}` : '',
    withoutStatefile.length > 0 ? `without the statefile: ${withoutStatefile.join(' ')}` : '',
    ...warnings,
  ];
  return `${time} ${parts.filter((part) => part !== '').join('; ')}\n`;
}
