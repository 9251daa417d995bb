import { statSync } from 'node:fs';
import { type FSWatcher, watch } from 'chokidar';
import type { Cancel } from '../world.ts';

/** Programs replace a file in several steps; they are told of once. */
const gatherMs = 20;

/**
 * Calls `changed` soon after the file (or directory) at `path` was created, changed, replaced or removed. It may not exist
 * yet. Several changes within a few milliseconds are told once; a change that comes later is always told. `depth` says how many
 * directories further down are watched too.
 */
export function watchFile(path: string, changed: () => void, depth = 0): Cancel {
  let pending: NodeJS.Timeout | undefined;
  let cancelled = false;
  const told = (): void => {
    if (cancelled) return;
    pending ??= setTimeout(() => {
      pending = undefined;
      changed();
    }, gatherMs);
  };
  let watcher = open(fingerprint(path));

  function open(before: string): FSWatcher {
    const opened = watch(path, { ignoreInitial: true, atomic: false, ignorePermissionErrors: true, depth });
    opened.on('all', (event, where) => {
      told();
      // A directory that comes later is told of, but what happens in it then is not: it needs a watch of its own.
      if (event === 'addDir' && where === path && opened === watcher && !cancelled) {
        void opened.close();
        // What came into it meanwhile is told of whatever it is.
        watcher = open('');
      }
    });
    // Of changed permissions the system tells, and `all` does not: the times by which it judges stay as they are.
    if (depth > 0) opened.on('raw', told);
    // What changed between the call and the first look at the disk gives no event.
    opened.on('ready', () => {
      if (fingerprint(path) !== before) told();
    });
    // A watch that fails (no more inotify watches) is told as a change: whoever watches looks at the file and goes on.
    opened.on('error', told);
    return opened;
  }

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
