/** From the words of a command line to what was meant. Pure: what only the agent knows is left as a Lookup. */
import type { Catalogue } from '../catalogue.ts';
import type { Command } from '../command.ts';
import { UsageError } from '../failure.ts';
import { fold, suggestion } from '../names.ts';
import { synonyms } from '../synonyms.ts';
import { splitPair, ValueReader } from '../values.ts';
import { CallGrammar } from './calls.ts';
import { databaseCommand } from './database.ts';
import { ObjectGrammar } from './objects.ts';
import { conditionOf, pairsOf, take } from './pairs.ts';

/** How many words may follow the commands that read them one by one. */
const mostWords: Readonly<Record<string, number>> = { status: 0, version: 0, help: 1, completion: 1 };

/** @throws UsageError */
export function parseCommand(catalogue: Catalogue, words: readonly string[]): Command {
  const [first, ...rest] = words;
  if (first === undefined) return { verb: 'built-in', name: 'help', words: [] };
  const spec = catalogue.find(first);
  if (spec === undefined) throw new UsageError(`There is no command ${first}.${meantBy(catalogue, first)}`);
  if (spec.kind === 'class') return new ObjectGrammar(catalogue).parse(spec, rest);
  if (spec.kind === 'operation') return new CallGrammar(catalogue).operation(spec, rest);
  if (spec.name === 'call') return new CallGrammar(catalogue).call(rest);
  if (spec.name === 'event-wait') return eventWait(catalogue, rest);
  if (spec.name === 'events') return { verb: 'events', classes: rest.map((word) => eventClass(catalogue, word)) };
  if (spec.name === 'db') return databaseCommand(rest);
  assertFew(spec.name, rest);
  return { verb: 'built-in', name: spec.name, words: rest };
}

/** @throws UsageError when more words follow a command than it reads. */
function assertFew(name: string, words: readonly string[]): void {
  const most = mostWords[name] ?? words.length;
  const extra = words[most];
  if (extra === undefined) return;
  const count = most === 0 ? 'nothing' : 'one word';
  throw new UsageError(`${name} takes ${count} after it; "${extra}" is too much.`, name);
}

/** The command that somebody probably meant, as a sentence; empty when there is none. */
function meantBy(catalogue: Catalogue, word: string): string {
  const known = Object.hasOwn(synonyms, fold(word)) ? synonyms[fold(word)] : undefined;
  if (known !== undefined) return ` What xe calls so is ${known.join(' or ')} here.`;
  return suggestion(
    word,
    catalogue.all().map((command) => command.name),
  );
}

/**
 * What help is wanted on when `--help` stands in a command line; undefined for the program as a whole. What the command would be given
 * does not matter, but a word that it could not be given is a mistake.
 * @throws UsageError
 */
export function helpTopic(catalogue: Catalogue, words: readonly string[]): string | undefined {
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const spec = catalogue.find(first);
  if (spec?.kind !== 'built-in') {
    const extra = rest.find((word) => splitPair(word) === undefined);
    if (extra === undefined || (spec?.kind === 'class' && spec.verb === 'param-add')) return first;
    throw new UsageError(`--help explains one command, ${first}; "${extra}" is too much.`);
  }
  assertFew(spec.name, rest);
  return spec.name === 'help' || spec.name === 'call' ? (rest[0] ?? first) : first;
}

/** @throws UsageError when there is no such class, or its changes are not reported. */
function eventClass(catalogue: Catalogue, word: string): string {
  const name = catalogue.className(word);
  if (name === undefined) throw new UsageError(`There is no class ${word}.${suggestion(word, catalogue.classWords)}`);
  if (!catalogue.apiClass(name).spec.events) throw new UsageError(`Changes of ${name} are not reported as events.`);
  return name;
}

function eventWait(catalogue: Catalogue, words: readonly string[]): Command {
  const pairs = pairsOf(words, 'event-wait');
  const word = take(pairs, 'class');
  if (word === undefined) throw new UsageError('event-wait needs class=, the class to watch.', 'event-wait');
  const className = eventClass(catalogue, word);
  if (pairs.length === 0) throw new UsageError('event-wait needs at least one field=value to wait for.', 'event-wait');
  const values = new ValueReader(catalogue);
  return { verb: 'event-wait', class: className, where: pairs.map((pair) => conditionOf(pair, className, values)) };
}
