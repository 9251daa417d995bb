import { statSync } from 'node:fs';
import { watch } from 'chokidar';
import type { Cancel } from '../world.ts';

/** Programs replace a file in several steps; they are told of once. */
const gatherMs = 20;

/**
 * Calls `changed` soon after the file (or directory) at `path` was created, changed, replaced or removed. It may not exist
 * yet. Several changes within a few milliseconds are told once; a change that comes later is always told.
 */
export function watchFile(path: string, changed: () => void): Cancel {
  let pending: NodeJS.Timeout | undefined;
  let cancelled = false;
  const told = (): void => {
    if (cancelled) return;
    pending ??= setTimeout(() => {
      pending = undefined;
      changed();
    }, gatherMs);
  };
  const before = fingerprint(path);
  const watcher = watch(path, { ignoreInitial: true, atomic: false, ignorePermissionErrors: true, depth: 0 });
  watcher.on('all', told);
  // What changed between the call and the first look at the disk gives no event.
  watcher.on('ready', () => {
    if (fingerprint(path) !== before) told();
  });
  // A watch that fails (no more inotify watches) is told as a change: whoever watches looks at the file and goes on.
  watcher.on('error', told);
  return () => {
    cancelled = true;
    clearTimeout(pending);
    void watcher.close();
  };
}

function fingerprint(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
}
