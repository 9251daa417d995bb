/** Cluster stacks in folders, for tests. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptNames, scripts } from '../../src/stack/contract.ts';

export const requiredScripts = scriptNames.filter((name) => scripts[name].required);

/** Writes a script that may be executed, whatever the umask. */
export async function writeScript(path: string, body = 'exit 0', mode = 0o755): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, mode);
}

/** A folder with everything that a stack must have. */
export async function writeStack(directory: string, body?: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  for (const name of requiredScripts) await writeScript(join(directory, name), body);
}

/** An empty folder for stacks, which nobody else can change; `end` removes it. */
export async function stackRoot(): Promise<{ readonly root: string; readonly end: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'quorate-stacks-'));
  return { root, end: () => rm(root, { recursive: true, force: true }) };
}
