/** Cluster stacks of shell scripts in a directory of the test's own. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackFault } from '../../src/stack/fault.ts';

/** Writes the scripts of a stack, each the body of a bash script, and gives its directory. */
export async function writeStack(
  parent: string,
  name: string,
  scripts: Readonly<Record<string, string>>,
): Promise<string> {
  const directory = join(parent, name);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  for (const [script, body] of Object.entries(scripts)) await writeScript(directory, script, `#!/bin/bash\n${body}\n`);
  return directory;
}

export async function writeScript(directory: string, script: string, contents: string | Uint8Array): Promise<void> {
  const path = join(directory, script);
  await writeFile(path, contents);
  await chmod(path, 0o755);
}

/** The fault that a call ends with. */
export async function faultOf(call: Promise<unknown>): Promise<StackFault> {
  try {
    await call;
  } catch (error) {
    assert(error instanceof StackFault, String(error));
    return error;
  }
  throw new Error('it succeeded');
}

/** Processes that come from scripts of a stack: everything that they start inherits their PATH, which ends with it. */
export function processesOf(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(directory);
      } catch {
        return false;
      }
    });
}
