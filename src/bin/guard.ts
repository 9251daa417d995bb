/**
 * Looks at the version of Node before anything that needs a newer one is loaded. Compiled for old versions too, so it uses nothing
 * that they lack.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program is written for this major version of Node and later ones. */
const neededMajor = 24;

/** Set for a process that was started anew with the Node that npm brought, so that it is not done twice. */
const startedAnew = 'QUORATE_STARTED_ANEW';

export function isTooOld(version: string): boolean {
  return Number.parseInt(version, 10) < neededMajor;
}

/**
 * The Node that npm installed beside the program, or beside the package that depends on it, when it is there. Not by its link in
 * node_modules/.bin: npm 9 and 10 remove that when they leave out the package for the other processor.
 */
export function bundledNode(file: string): string | undefined {
  let directory = dirname(file);
  for (let steps = 0; steps < 5; steps += 1) {
    const candidate = join(directory, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
    if (existsSync(candidate)) return candidate;
    directory = dirname(directory);
  }
  return undefined;
}

/** One sentence with what was found, what is needed, and where to get it. */
export function explainVersion(program: string, version: string, bundled: string | undefined, args: string): string {
  const found = `${program} needs Node ${neededMajor} or later; this is Node ${version}.`;
  if (bundled !== undefined) return `${found} A newer one is here: ${bundled} ${args}`;
  return `${found} Run npm ci in the checkout, which brings one, or get it from https://nodejs.org/.`;
}

/** The path of the running program, from its import.meta.url. */
export function fileOf(url: string): string {
  return fileURLToPath(url);
}

/** Whether this process may hand over to another Node: not when it was itself started that way. */
export function mayStartAnew(): boolean {
  return process.env[startedAnew] === undefined;
}

/** Runs a program with another Node, signals and exit code included, and resolves with the exit code. */
export async function startAnew(node: string, args: readonly string[]): Promise<number> {
  const { spawn } = await import('node:child_process');
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, [startedAnew]: '1' } });
  // ctrl-C reaches the child by itself: the terminal sends it to both.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}
