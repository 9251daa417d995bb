/** Cluster stacks of shell scripts in a directory of the test's own. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

export async function writeScript(directory: string, script: string, text: string): Promise<void> {
  const path = join(directory, script);
  await writeFile(path, text);
  await chmod(path, 0o755);
}
