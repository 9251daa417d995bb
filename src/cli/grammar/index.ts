/** From the words of a command line to what was meant. Pure: what only the agent knows is left as a Lookup. */
import type { Catalogue } from '../catalogue.ts';
import type { Command } from '../command.ts';
import { UsageError } from '../failure.ts';
import { suggestion } from '../names.ts';
import { ValueReader } from '../values.ts';
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
  if (spec === undefined) {
    const near = suggestion(
      first,
      catalogue.all().map((command) => command.name),
    );
    throw new UsageError(`There is no command ${first}.${near}`);
  }
  if (spec.kind === 'class') return new ObjectGrammar(catalogue).parse(spec, rest);
  if (spec.kind === 'operation') return new CallGrammar(catalogue).operation(spec, rest);
  if (spec.name === 'call') return new CallGrammar(catalogue).call(rest);
  if (spec.name === 'event-wait') return eventWait(catalogue, rest);
  if (spec.name === 'events') return { verb: 'events', classes: rest.map((word) => eventClass(catalogue, word)) };
  if (spec.name === 'db') return databaseCommand(rest);
  const most = mostWords[spec.name] ?? rest.length;
  const extra = rest[most];
  if (extra !== undefined) {
    const count = most === 0 ? 'nothing' : 'one word';
    throw new UsageError(`${spec.name} takes ${count} after it; "${extra}" is too much.`, spec.name);
  }
  return { verb: 'built-in', name: spec.name, words: rest };
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
