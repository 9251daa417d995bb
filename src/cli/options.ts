/** The options that every command takes, wherever they stand on the command line. */
import { UsageError } from './failure.ts';
import { suggestion } from './names.ts';

export interface GlobalOptions {
  readonly socket?: string;
  readonly dir?: string;
  readonly timeoutMs?: number;
  readonly minimal: boolean;
  readonly json: boolean;
  readonly color: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

export interface OptionSpec {
  readonly name: string;
  /** What its value is called; without one it is a switch. */
  readonly value?: string;
  readonly summary: string;
}

export const optionSpecs: readonly OptionSpec[] = [
  { name: '--socket', value: 'PATH', summary: 'The socket of the agent to talk to. Default: see below.' },
  { name: '--dir', value: 'DIR', summary: "The agent's directory; its socket is DIR/xapi." },
  { name: '--minimal', summary: 'Only the values, separated by commas; commas in a value as \\,' },
  { name: '--json', summary: 'What the agent answered, as JSON.' },
  { name: '--no-color', summary: 'No colour on a terminal. The environment variable NO_COLOR does the same.' },
  { name: '--timeout', value: 'SECONDS', summary: 'Gives up after so long. Default: waits.' },
  { name: '--help', summary: 'Explains the command instead of running it.' },
  { name: '--version', summary: 'Prints the version of this program.' },
];

/** What `stack check` takes beside them. */
export const stackCheckOptions: readonly OptionSpec[] = [
  { name: '--hosts', value: 'N', summary: 'Tries it with so many virtual hosts as well. Default: one host only.' },
  { name: '--only', value: 'GROUP', summary: 'Only the checks of one group.' },
  { name: '--pace', value: 'fast|xapi', summary: 'Timeouts that the stack is given. Default: fast.' },
  { name: '--junit', value: 'FILE', summary: 'Writes the findings as JUnit XML as well.' },
];

/** Options of xe, for those who know them by heart, and what there is instead. */
const ofXe: Readonly<Record<string, string>> = {
  '--multiple': 'A command changes one object; many are changed in a loop over what a list with --minimal prints.',
  '--all': 'Lists show everything unless it is narrowed down.',
  '--force': 'What can be forced takes force=true or has a command of its own, such as vm-hard-shutdown.',
  '--live': 'Options of an operation are given as name=value, such as options=live=true.',
  '--nossl': 'The agent is spoken to over its Unix socket.',
  '--trace': 'What happens is in the log of the agent.',
  '-s': 'The agent is spoken to over the Unix socket of its host; another socket is named with --socket.',
  '-u': 'Whoever can open the socket is root and needs no name.',
  '-pw': 'Whoever can open the socket is root and needs no password.',
  '-p': 'The agent is spoken to over its Unix socket, which has no port.',
};

function noOption(name: string, known: readonly OptionSpec[]): UsageError {
  const told = Object.hasOwn(ofXe, name) ? ofXe[name] : undefined;
  if (told !== undefined) return new UsageError(`There is no option ${name}. ${told}`);
  const names = known.map((candidate) => candidate.name);
  return new UsageError(`There is no option ${name}.${name.startsWith('--') ? suggestion(name, names) : ''}`);
}

/** Longest `--timeout`: what a timer of Node can hold. */
const longestTimeoutSeconds = 2_147_483;

function timeoutOf(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > longestTimeoutSeconds) {
    throw new UsageError(`--timeout takes a number of seconds up to ${longestTimeoutSeconds}, not ${text}.`);
  }
  return Math.ceil(seconds * 1000);
}

export interface ParsedLine {
  readonly options: GlobalOptions;
  readonly words: readonly string[];
  /** Options of the command itself, by their names. */
  readonly own: ReadonlyMap<string, string>;
}

/**
 * Takes the options out of a command line; what is left are the words of the command. `ownSpecs` are options that only this
 * command takes. @throws UsageError
 */
export function parseOptions(argv: readonly string[], ownSpecs: readonly OptionSpec[] = []): ParsedLine {
  const known = [...optionSpecs, ...ownSpecs];
  const given = new Map<string, string>();
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') {
      words.push(...argv.slice(index + 1));
      break;
    }
    if (word === '-h') given.set('--help', '');
    else if (/^-[a-z]/i.test(word)) throw noOption(word, known);
    else if (!word.startsWith('--')) words.push(word);
    else {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word : word.slice(0, equals);
      const spec = known.find((candidate) => candidate.name === name);
      if (spec === undefined) throw noOption(name, known);
      if (spec.value === undefined) {
        if (equals >= 0) throw new UsageError(`${name} takes no value.`);
        given.set(name, '');
      } else {
        if (equals < 0) index += 1;
        const value = equals < 0 ? argv[index] : word.slice(equals + 1);
        if (value === undefined || value === '') throw new UsageError(`${name} needs a value: ${name} ${spec.value}.`);
        given.set(name, value);
      }
    }
  }
  const own = new Map([...given].filter(([name]) => ownSpecs.some((spec) => spec.name === name)));
  return { options: optionsOf(given), words, own };
}

function optionsOf(given: ReadonlyMap<string, string>): GlobalOptions {
  const socket = given.get('--socket');
  const dir = given.get('--dir');
  const timeout = given.get('--timeout');
  if (socket !== undefined && dir !== undefined) throw new UsageError('Give --socket or --dir, not both.');
  if (given.has('--minimal') && given.has('--json')) throw new UsageError('Give --minimal or --json, not both.');
  return {
    ...(socket === undefined ? {} : { socket }),
    ...(dir === undefined ? {} : { dir }),
    ...(timeout === undefined ? {} : { timeoutMs: timeoutOf(timeout) }),
    minimal: given.has('--minimal'),
    json: given.has('--json'),
    color: !given.has('--no-color'),
    help: given.has('--help'),
    version: given.has('--version'),
  };
}
