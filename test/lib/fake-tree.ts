/** A tree of files in memory, of any owner and mode, for what looks at owners and modes. */
import { posix } from 'node:path';
import { type FileEntry, FileError, type Files } from '../../src/world/world.ts';

export interface TreeEntry extends Partial<FileEntry> {
  readonly text?: string;
}

export class FakeTree {
  readonly entries = new Map<string, TreeEntry>([['/', { kind: 'directory', mode: 0o755 }]]);
  #inode = 0;

  /** Puts something there, with the folders above it; what is not said is that of a script of root. */
  put(path: string, entry: TreeEntry = {}): void {
    const parent = posix.dirname(path);
    if (!this.entries.has(parent)) this.put(parent, { kind: 'directory' });
    this.entries.set(path, { ...entry, inode: ++this.#inode });
  }

  change(path: string, entry: TreeEntry): void {
    this.entries.set(path, { ...this.entries.get(path), ...entry });
  }

  remove(path: string): void {
    for (const name of this.entries.keys()) if (name === path || name.startsWith(`${path}/`)) this.entries.delete(name);
  }

  get files(): Pick<Files, 'entry' | 'list' | 'read' | 'status'> {
    return {
      entry: async (path) => this.#entry(path),
      status: async (path) => {
        const found = this.#entry(this.#followed(path));
        if (found === undefined || found.kind === 'link') return undefined;
        const { kind, size, mode, uid, modifiedMs } = found;
        return { kind, size, mode, uid, modifiedMs };
      },
      list: async (path) => {
        const folder = this.#followed(path);
        if (!this.entries.has(folder)) throw new FileError('not-found', path, 'no such file or directory');
        const start = folder === '/' ? '/' : `${folder}/`;
        const inside = [...this.entries.keys()].filter((name) => name !== '/' && name.startsWith(start));
        return inside.map((name) => name.slice(start.length)).filter((name) => !name.includes('/'));
      },
      read: async (path, maxBytes) => {
        const text = this.entries.get(this.#followed(path))?.text;
        if (text === undefined) throw new FileError('not-found', path, 'no such file or directory');
        if (text.length > maxBytes) throw new FileError('too-large', path, 'longer than wanted');
        return new TextEncoder().encode(text);
      },
    };
  }

  #entry(path: string): FileEntry | undefined {
    const found = this.entries.get(path);
    if (found === undefined) return undefined;
    const { text = '#!/bin/sh\n', kind = 'file', ...rest } = found;
    const mode = kind === 'link' ? 0o777 : 0o755;
    return { kind, mode, uid: 0, size: text.length, modifiedMs: 1, changedMs: 1, inode: 0, ...rest };
  }

  /** Where a path leads, when every link on it is absolute. */
  #followed(path: string): string {
    let at = '/';
    for (const part of path.split('/').filter((each) => each !== '')) {
      at = posix.join(at, part);
      for (let links = 0; links < 8 && this.entries.get(at)?.kind === 'link'; links += 1)
        at = posix.resolve(posix.dirname(at), this.entries.get(at)?.target ?? '');
    }
    return at;
  }
}
