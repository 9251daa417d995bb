/** How the API's names are spelled on the command line: `other_config` is `other-config`, the class `host_cpu` is `host-cpu`. */

export { editDistance, fold, nearest, suggestion } from '../lib/near-words.ts';

/** A field, parameter or message as it is shown. */
export function wordOf(name: string): string {
  return name.replaceAll('_', '-');
}

/** A class as it begins its commands. */
export function classWordOf(name: string): string {
  return wordOf(name).toLowerCase();
}
