import { join } from 'node:path';
import type { Files } from '../../src/world/world.ts';

/** Files of which those below some paths are really below another folder, so that a test touches nothing of the machine. */
export function movedFiles(real: Files, prefixes: readonly string[], root: string): Files {
  const at = (path: string): string => (prefixes.some((prefix) => path.startsWith(prefix)) ? join(root, path) : path);
  return {
    read: (path, maxBytes) => real.read(at(path), maxBytes),
    writeAtomic: (path, contents, mode) => real.writeAtomic(at(path), contents, mode),
    append: (path, contents, mode) => real.append(at(path), contents, mode),
    truncate: (path, length) => real.truncate(at(path), length),
    sync: (path) => real.sync(at(path)),
    makeDirectory: (path, mode) => real.makeDirectory(at(path), mode),
    list: (path) => real.list(at(path)),
    status: (path) => real.status(at(path)),
    link: (path) => real.link(at(path)),
    entry: (path) => real.entry(at(path)),
    remove: (path) => real.remove(at(path)),
    watch: (path, changed, depth) => real.watch(at(path), changed, depth),
  };
}
