// Makes package-lock.json fit to install with the npm of any Node.js from 18 on; run it after every change of it.
import { readFileSync, writeFileSync } from 'node:fs';

interface Package {
  engines?: unknown;
  optionalDependencies?: Record<string, string>;
  resolved?: string;
}

/** `usocket`: dbus-next could pass file descriptors with it. */
const nativeParts = ['usocket'];

/**
 * Takes out of a parsed package-lock.json what does harm, in place: the address of the registry that happened to
 * be used, and what packages ask of Node.js. All of them are run with the Node.js that `npm ci` brings, whichever
 * one runs npm; but npm 9 and 10 silently leave out an optional package (such as a linter's binary for this kind
 * of machine) that asks for a newer Node.js than npm's own, and every npm warns about the others. And native parts
 * that dependencies could use, with a hundred packages to build them, which nobody here builds. (An override in
 * package.json that puts something else in their place makes npm 9 refuse the lock file.)
 */
export function tidyLock(lock: { packages: Record<string, Package> }): void {
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path !== '') delete entry.engines;
    for (const name of nativeParts) delete entry.optionalDependencies?.[name];
    if (Object.keys(entry.optionalDependencies ?? { some: '' }).length === 0) delete entry.optionalDependencies;
    if (entry.resolved?.startsWith('http')) delete entry.resolved;
  }
}

if (import.meta.main) {
  const file = new URL('../../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Parameters<typeof tidyLock>[0];
  tidyLock(lock);
  writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
}
