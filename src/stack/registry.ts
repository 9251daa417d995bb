/** Which cluster stacks there are on this host, kept true while they come, change and go. */
import { posix } from 'node:path';
import { Turns } from '../host/live/turns.ts';
import { type Cancel, FileError, type Files, type World } from '../world/world.ts';
import type { ScriptName } from './contract.ts';
import { endOf, readStack, type StackFacts, type StackLimits } from './registry-facts.ts';
import { isListed, isStackName, judgeStack, type RuleLimits, type StackRecord } from './registry-rules.ts';
import { type ReadFiles, Recollection, rememberingFiles } from './remembering-files.ts';

export interface RegistryLimits extends StackLimits, RuleLimits {
  readonly stacks: number;
  readonly stackNames: number;
}

export interface RegistrySettings {
  /** The folder with one folder for each stack. */
  readonly stackRoot: string;
  /** How often all of it is read anew, for changes that nobody told of. */
  readonly stackScanMs: number;
}

export type RegistryWorld = Pick<World, 'clock' | 'files' | 'log'>;

export interface RegistryOptions extends RegistrySettings {
  readonly world: RegistryWorld;
  /** The user that the agent runs as. */
  readonly uid: number;
  readonly limits: RegistryLimits;
  /** Called after each reading that found something else than the one before, the first one included. */
  readonly changed: (stacks: ReadonlyMap<string, StackRecord>) => void;
}

type StackFiles = Pick<Files, 'entry' | 'list' | 'read' | 'status'>;

/** How many folders below the root changes are told of; what is deeper is found when all is read anew. */
const watchedDepth = 2;

/** Stacks in a folder, and why some of what is there is none. Pure over files: for whoever looks once. */
export async function readStacks(
  files: StackFiles,
  root: string,
  uid: number,
  limits: RegistryLimits,
): Promise<{ readonly stacks: ReadonlyMap<string, StackRecord>; readonly complaint: string | undefined }> {
  let names: readonly string[];
  try {
    names = await files.list(root);
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    const complaint = thrown.code === 'not-found' ? undefined : `${root} cannot be read: ${thrown.message}.`;
    return { stacks: new Map(), complaint };
  }
  let complaint: string | undefined;
  const stacks = new Map<string, StackRecord>();
  for (const name of names.filter((each) => isListed(each)).slice(0, limits.stackNames)) {
    if (!(await mayBeStack(files, posix.join(root, name)))) continue;
    if (stacks.size >= limits.stacks) {
      complaint = `${root} holds more than ${limits.stacks} folders; those from ${name} on are not looked at.`;
      break;
    }
    stacks.set(name, judgeStack(await readStack(files, root, name, limits), uid, limits));
  }
  return { stacks, complaint };
}

/** Files beside the stacks are nobody's concern. A link that leads nowhere may have been a stack, and what cannot be read may be one. */
async function mayBeStack(files: StackFiles, path: string): Promise<boolean> {
  try {
    const kind = (await files.status(path))?.kind;
    return kind === 'directory' || (kind === undefined && (await files.entry(path))?.kind === 'link');
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    return true;
  }
}

export class StackRegistry {
  readonly #options: RegistryOptions;
  readonly #turns: Turns;
  /** For the looks before calls. */
  readonly #files: ReadFiles;
  /** Stacks that a look before a call found usable, by their folder. */
  readonly #usable = new Map<string, { readonly stack: StackRecord; readonly recollection: Recollection }>();
  #settings: RegistrySettings;
  #stacks: ReadonlyMap<string, StackRecord> = new Map();
  #complaint: string | undefined;
  #unwatch: Cancel | undefined;
  #watched = watchedDepth;
  #cancelScan: Cancel | undefined;
  #read = false;
  #ended = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#settings = options;
    const { world, limits } = options;
    this.#files = rememberingFiles(world.files, world.clock, limits.stackFiles);
    this.#turns = new Turns(options.world.clock, () => this.#safely());
  }

  /** As they were at the last reading. */
  get stacks(): ReadonlyMap<string, StackRecord> {
    return this.#stacks;
  }

  get root(): string {
    return this.#settings.stackRoot;
  }

  /** Reads all once, then follows changes. Never rejects. */
  async start(): Promise<void> {
    this.#watch();
    await this.#safely();
  }

  configure(settings: RegistrySettings): void {
    const { stackRoot, stackScanMs } = this.#settings;
    this.#settings = settings;
    if (!this.#read) return;
    if (stackRoot !== settings.stackRoot) {
      this.#watch();
      void this.scan();
    } else if (stackScanMs !== settings.stackScanMs) this.#schedule();
  }

  /** Resolves after a reading that began after this call. */
  scan(): Promise<void> {
    return this.#turns.ask();
  }

  /** Why a stack, or one script of it, must not be run now; undefined: it may. Looks at the disk anew. Rejects only for faults of the program. */
  async refusal(name: string, script?: ScriptName): Promise<string | undefined> {
    const { stackRoot } = this.#settings;
    // Anything else would lead out of the root.
    if (!isStackName(name)) return `"${name}" cannot be the name of a cluster stack.`;
    const directory = posix.join(stackRoot, name);
    const usable = this.#usable.get(directory);
    const same = usable !== undefined && (await usable.recollection.holds(this.#options.world.files));
    const stack = same ? usable.stack : await this.#judge(directory, name);
    if (typeof stack === 'string') return stack;
    if (stack.fingerprint !== this.#stacks.get(name)?.fingerprint) void this.scan();
    if (script === undefined || stack.scripts.includes(script)) return undefined;
    return `The cluster stack ${name} has no ${script}.`;
  }

  /** Reads a stack and judges it; a sentence says why it must not be used. What may be used is remembered. */
  async #judge(directory: string, name: string): Promise<StackRecord | string> {
    const { uid, limits, world } = this.#options;
    const { stackRoot } = this.#settings;
    this.#usable.delete(directory);
    const look = (files: ReadFiles): Promise<StackFacts> => readStack(files, stackRoot, name, limits);
    const { result: facts, recollection } = await Recollection.of(this.#files, world.clock, directory, look);
    const stack = judgeStack(facts, uid, limits);
    if (stack.fingerprint !== this.#stacks.get(name)?.fingerprint) void this.scan();
    if (facts.unreadable === undefined && endOf(facts.place) === undefined)
      return `There is no cluster stack ${name} in ${stackRoot}.`;
    if (!stack.usable) return stack.refusals.join(' ');
    if (recollection !== undefined && this.#usable.size < limits.stacks)
      this.#usable.set(directory, { stack, recollection });
    return stack;
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.#unwatch?.();
    this.#cancelScan?.();
    await this.#turns.end();
  }

  #watch(): void {
    this.#unwatch?.();
    const { files } = this.#options.world;
    this.#unwatch = files.watch(this.#settings.stackRoot, () => void this.scan(), this.#watched);
  }

  #schedule(): void {
    this.#cancelScan?.();
    if (this.#ended) return;
    this.#cancelScan = this.#options.world.clock.after(this.#settings.stackScanMs, () => void this.scan());
  }

  /** What fails once is tried again at the next reading. */
  async #safely(): Promise<void> {
    const { log } = this.#options.world;
    try {
      await this.#readAll();
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      log.write('error', 'stacks-unread', 'The cluster stacks of this host could not be read.', { reason });
    }
    this.#schedule();
  }

  async #readAll(): Promise<void> {
    const { world, uid, limits, changed } = this.#options;
    const { stacks, complaint } = await readStacks(world.files, this.#settings.stackRoot, uid, limits);
    if (this.#ended) return;
    // Somebody may have named a folder with half of the machine in it, and each folder that is watched costs the kernel something.
    const tooMuch = complaint !== undefined || [...stacks.values()].some(({ excessive }) => excessive);
    const depth = tooMuch ? 0 : watchedDepth;
    if (depth !== this.#watched) {
      this.#watched = depth;
      this.#watch();
    }
    if (complaint !== this.#complaint) {
      this.#complaint = complaint;
      if (complaint !== undefined) world.log.write('warn', 'stacks-incomplete', complaint);
    }
    const before = this.#stacks;
    const first = !this.#read;
    this.#stacks = stacks;
    this.#read = true;
    if (!first && same(before, stacks)) return;
    this.#tell(before, stacks);
    changed(stacks);
  }

  #tell(before: ReadonlyMap<string, StackRecord>, now: ReadonlyMap<string, StackRecord>): void {
    const { log } = this.#options.world;
    for (const [name, stack] of now) {
      const old = before.get(name);
      const details = { stack: name, path: stack.directory };
      if (stack.usable && old?.usable !== true)
        log.write('info', 'stack-usable', `The cluster stack ${name} may be used.`, details);
      const reasons = stack.refusals.join(' ');
      if (!stack.usable && old?.refusals.join(' ') !== reasons)
        log.write('warn', 'stack-refused', `The cluster stack ${name} is refused. ${reasons}`, details);
    }
    for (const [name, stack] of before) {
      if (now.has(name)) continue;
      log.write('info', 'stack-gone', `The cluster stack ${name} is gone.`, { stack: name, path: stack.directory });
    }
  }
}

function same(one: ReadonlyMap<string, StackRecord>, other: ReadonlyMap<string, StackRecord>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, stack] of one) {
    const now = other.get(name);
    if (now === undefined || now.fingerprint !== stack.fingerprint) return false;
    if (now.refusals.join('\n') !== stack.refusals.join('\n')) return false;
  }
  return true;
}
