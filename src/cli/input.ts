/** Arguments that are read from standard input, because they are secret or long. */
import { Interrupted, UsageError } from './failure.ts';
import { fold } from './names.ts';

/** Which word asks for standard input: an argument of `call` that is `-`, or a `name=-` of another command. */
export function inputPosition(words: readonly string[]): number | undefined {
  const [command, ...rest] = words;
  // Conditions are compared as they stand, and a dump is no argument: db reads it itself.
  if (command === undefined || /-list$|^event-wait$|^db$/.test(fold(command))) return undefined;
  const asks = (word: string): boolean => word.endsWith('=-') && word.indexOf('=') === word.length - 2;
  const isCall = fold(command) === 'call';
  const found = rest.flatMap((word, index) => ((isCall ? word === '-' : asks(word)) ? [index + 1] : []));
  if (found.length > 1) throw new UsageError('Only one argument can be read from standard input.');
  return found[0];
}

/** The words with the one that asks for it filled in. One newline at the end is dropped: editors and echo put it there. */
export function withInput(words: readonly string[], position: number, input: string): readonly string[] {
  const text = input.replace(/\r?\n$/, '');
  return words.map((word, index) => (index === position ? word.slice(0, -1) + text : word));
}

/** All of a stream as text. @throws UsageError when it is longer than `maxBytes`. */
export async function readAll(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    const buffer = typeof part === 'string' ? Buffer.from(part) : part;
    bytes += buffer.length;
    if (bytes > maxBytes) throw new UsageError(`Standard input is longer than the ${maxBytes} bytes that it may have.`);
    parts.push(buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What `readHidden` needs of a terminal. */
export interface Keyboard extends AsyncIterable<Buffer | string> {
  setRawMode(on: boolean): unknown;
}

/**
 * One line from a terminal, not shown while it is typed. `ask` is called once nothing is shown any more: whoever sees the question may
 * answer at once.
 * @throws Interrupted on ctrl-C
 */
export async function readHidden(keyboard: Keyboard, ask: () => void): Promise<string> {
  keyboard.setRawMode(true);
  try {
    ask();
    const typed: string[] = [];
    for await (const part of keyboard) {
      for (const key of part.toString()) {
        if (key === '\u0003') throw new Interrupted();
        if (key === '\r' || key === '\n' || key === '\u0004') return typed.join('');
        if (key === '\u007f' || key === '\b') typed.pop();
        else typed.push(key);
      }
    }
    return typed.join('');
  } finally {
    keyboard.setRawMode(false);
  }
}
