/** The scripts that shells load for completion, from the datamodel. Pure. */
import type { Catalogue } from '../catalogue.ts';
import { UsageError } from '../failure.ts';
import { bashScript } from './bash.ts';
import { zshScript } from './zsh.ts';

/** The script for the shell that the words name. @throws UsageError */
export function completionScript(catalogue: Catalogue, words: readonly string[]): string {
  const [shell] = words;
  if (shell === 'bash') return bashScript(catalogue);
  if (shell === 'zsh') return zshScript(catalogue);
  throw new UsageError('completion needs the name of a shell: bash or zsh.', 'completion');
}

/** The scripts by the names under which shells look for them. */
export function completionFiles(catalogue: Catalogue): ReadonlyMap<string, string> {
  return new Map([
    ['quorate.bash', bashScript(catalogue)],
    ['_quorate', zshScript(catalogue)],
  ]);
}
