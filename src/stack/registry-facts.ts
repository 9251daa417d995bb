/** Reads what is on the disk of one cluster stack. What it means is for `registry-rules.ts`. */
import { posix } from 'node:path';
import { type FileEntry, FileError, type Files } from '../world/world.ts';

export interface Step {
  readonly path: string;
  readonly entry: FileEntry;
}

/** A path followed from the root to what it leads to: every folder and every link on the way, in order. */
export interface Located {
  readonly path: string;
  /** From the root of the file system on; the last one is what the path leads to, when it leads somewhere. */
  readonly steps: readonly Step[];
  /** Why it leads nowhere. */
  readonly fault?: { readonly kind: 'missing' | 'loop' | 'no-folder'; readonly at: string };
}

export interface StackFacts {
  readonly name: string;
  readonly directory: string;
  readonly place: Located;
  /** Everything in the folder and its folders, by its path below the stack's, sorted. Links are followed, and folders behind them entered. */
  readonly files: ReadonlyMap<string, Located>;
  /** Not everything was looked at: there is more of it than the limits allow. */
  readonly excess: 'files' | 'depth' | undefined;
  /** A folder that could not be read, with the reason. */
  readonly unreadable: string | undefined;
  readonly supportedSrs: TextFact;
  readonly manifest: TextFact;
}

/** What is in a small file; none: there is no such file. */
export type TextFact =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface StackLimits {
  readonly stackFiles: number;
  readonly stackDepth: number;
  readonly stackTextBytes: number;
}

type StackFiles = Pick<Files, 'entry' | 'list' | 'read'>;

/** A chain of links longer than this leads nowhere. */
const mostLinks = 16;

/** What is at the end of a path, when it leads somewhere. */
export function endOf(located: Located): FileEntry | undefined {
  return located.fault === undefined ? located.steps.at(-1)?.entry : undefined;
}

/** Looks at each path once, so that one reading is of one moment as far as that can be. */
class Look {
  readonly #files: StackFiles;
  readonly #seen = new Map<string, Promise<FileEntry | undefined>>();

  constructor(files: StackFiles) {
    this.#files = files;
  }

  async locate(path: string): Promise<Located> {
    const steps: Step[] = [];
    let pending = parts(path);
    let [at, links] = ['/', 0];
    await this.#step('/', steps);
    for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
      if (part === '..') {
        at = posix.dirname(at);
        continue;
      }
      const next = posix.join(at, part);
      const entry = await this.#step(next, steps);
      if (entry === undefined) return { path, steps, fault: { kind: 'missing', at: next } };
      if (entry.kind !== 'link') {
        at = next;
        if (pending.length > 0 && entry.kind !== 'directory')
          return { path, steps, fault: { kind: 'no-folder', at: next } };
        continue;
      }
      links += 1;
      if (links > mostLinks) return { path, steps, fault: { kind: 'loop', at: next } };
      const target = entry.target ?? '';
      if (target.startsWith('/')) at = '/';
      pending = [...parts(target), ...pending];
    }
    // A link that ends in `..` or `.` leads to a folder that was passed before.
    if (steps.at(-1)?.path !== at) await this.#step(at, steps);
    return { path, steps };
  }

  async #step(path: string, steps: Step[]): Promise<FileEntry | undefined> {
    const known = this.#seen.get(path) ?? this.#files.entry(path);
    this.#seen.set(path, known);
    const entry = await known;
    if (entry !== undefined) steps.push({ path, entry });
    return entry;
  }
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Goes through the folders of a stack. */
class Search {
  readonly found = new Map<string, Located>();
  excess: StackFacts['excess'];
  unreadable: string | undefined;
  readonly #files: StackFiles;
  readonly #look: Look;
  readonly #directory: string;
  readonly #limits: StackLimits;

  /** @param directory Where the stack really is, without links on the way. */
  constructor(files: StackFiles, look: Look, directory: string, limits: StackLimits) {
    this.#files = files;
    this.#look = look;
    this.#directory = directory;
    this.#limits = limits;
  }

  async enter(folder: string, depth: number): Promise<void> {
    const names = await this.#names(posix.join(this.#directory, folder));
    const room = this.#limits.stackFiles - this.found.size;
    if (names.length > room) this.excess = 'files';
    const inside = names.slice(0, room).map((name) => posix.join(folder, name));
    const located = await Promise.all(inside.map((path) => this.#look.locate(posix.join(this.#directory, path))));
    for (const [index, path] of inside.entries()) this.found.set(path, located[index] as Located);
    for (const [index, path] of inside.entries()) {
      // What is behind a link to a folder can be called like the rest. One that leads back ends at the depth.
      const there = located[index];
      if (there === undefined || endOf(there)?.kind !== 'directory') continue;
      if (depth >= this.#limits.stackDepth) this.excess ??= 'depth';
      else await this.enter(path, depth + 1);
    }
  }

  async #names(path: string): Promise<readonly string[]> {
    try {
      return await this.#files.list(path);
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
      // What has gone since it was seen is no fault: the next reading finds it so.
      if (thrown.code !== 'not-found') this.unreadable = thrown.message;
      return [];
    }
  }
}

/** Reads one stack anew. What the disk refuses is among the facts. */
export async function readStack(
  files: StackFiles,
  root: string,
  name: string,
  limits: StackLimits,
): Promise<StackFacts> {
  const directory = posix.join(root, name);
  const nothing = { kind: 'none' } as const;
  try {
    const look = new Look(files);
    const place = await look.locate(directory);
    const search = new Search(files, look, place.steps.at(-1)?.path ?? directory, limits);
    if (endOf(place)?.kind === 'directory') await search.enter('', 1);
    const text = (file: string): Promise<TextFact> =>
      search.found.has(file)
        ? readText(files, posix.join(directory, file), limits.stackTextBytes)
        : Promise.resolve(nothing);
    return {
      name,
      directory,
      place,
      files: new Map([...search.found].sort(([one], [other]) => (one < other ? -1 : 1))),
      excess: search.excess,
      unreadable: search.unreadable,
      supportedSrs: await text('ha_supported_srs'),
      manifest: await text('stack.json'),
    };
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    const place = { path: directory, steps: [] };
    const rest = { files: new Map<string, Located>(), excess: undefined, supportedSrs: nothing, manifest: nothing };
    return { name, directory, place, unreadable: thrown.message, ...rest };
  }
}

async function readText(files: StackFiles, path: string, mostBytes: number): Promise<TextFact> {
  try {
    return { kind: 'text', text: new TextDecoder().decode(await files.read(path, mostBytes)) };
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    return {
      kind: 'unreadable',
      reason: thrown.code === 'too-large' ? `it is longer than ${mostBytes} bytes` : thrown.message,
    };
  }
}
