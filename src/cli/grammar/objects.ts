/** Commands about the objects of one class: list them, show and change their fields. */
import type { Field } from '../../datamodel/model.ts';
import type { Catalogue, ClassCommand } from '../catalogue.ts';
import type { Column, Command, FieldChange, Selector } from '../command.ts';
import { UsageError } from '../failure.ts';
import { classWordOf, fold, suggestion, wordOf } from '../names.ts';
import { plainView } from '../presentation.ts';
import { splitList, splitPair, ValueReader } from '../values.ts';
import { conditionOf, type Pair, pairsOf, selectorOf, take } from './pairs.ts';

export class ObjectGrammar {
  readonly #catalogue: Catalogue;
  readonly #values: ValueReader;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#values = new ValueReader(catalogue);
  }

  /** @throws UsageError */
  parse(spec: ClassCommand, words: readonly string[]): Command {
    const loose = spec.verb === 'param-add' ? words.filter((word) => splitPair(word) === undefined) : [];
    const pairs = pairsOf(
      words.filter((word) => !loose.includes(word)),
      spec.name,
    );
    if (spec.verb === 'list') return this.#list(spec, pairs);
    const select = selectorOf(this.#catalogue, spec.class, pairs, spec.name, spec.verb !== 'param-set');
    if (spec.verb === 'param-set') return this.#set(spec, select, pairs);
    const base = { class: spec.class, select };
    if (spec.verb === 'param-list') {
      this.#nothingLeft(pairs, spec.name);
      return { verb: 'get', ...base };
    }
    const { field, key: keyInName } = this.#paramName(spec, pairs);
    const separateKey = take(pairs, 'param-key');
    if (keyInName !== undefined && separateKey !== undefined)
      throw new UsageError('Give the key in param-name= or as param-key=, not both.', spec.name);
    if (keyInName !== undefined && (spec.verb === 'param-add' || spec.verb === 'param-clear'))
      throw new UsageError(`${spec.name} takes a whole field as param-name=, without a key.`, spec.name);
    const key = keyInName ?? separateKey;
    if (spec.verb === 'param-add') {
      const entries = this.#entries(field, key, pairs, loose, spec.name);
      return { verb: 'add', ...base, field, entries };
    }
    this.#nothingLeft(pairs, spec.name);
    if (spec.verb === 'param-get') {
      if (key !== undefined && field.type.kind !== 'map')
        throw new UsageError(`${wordOf(field.name)} has no keys: it is not a map.`);
      return { verb: 'get', ...base, field, ...(key === undefined ? {} : { key }) };
    }
    if (spec.verb === 'param-clear') {
      if (key !== undefined)
        throw new UsageError(`param-key= is for param-remove; param-clear empties the whole field.`, spec.name);
      if (this.#catalogue.writers(field).set === undefined) throw this.#readOnly(field);
      if (!['map', 'set', 'string', 'ref'].includes(field.type.kind)) {
        throw new UsageError(
          `${wordOf(field.name)} cannot be empty. Give it a value with ${classWordOf(spec.class)}-param-set.`,
        );
      }
      return { verb: 'clear', ...base, field };
    }
    if (key === undefined)
      throw new UsageError('param-remove needs param-key=, the key or element to remove.', spec.name);
    const { type } = field;
    if (type.kind !== 'map' && type.kind !== 'set') throw this.#noCollection(field);
    if (this.#catalogue.writers(field).remove === undefined) throw this.#readOnly(field);
    const element = type.kind === 'set' ? type.of : type.key;
    return { verb: 'remove', ...base, field, key: this.#values.read(key, element, 'param-key') };
  }

  #list(spec: ClassCommand, pairs: Pair[]): Command {
    const wanted = take(pairs, 'params');
    const where = pairs.map((pair) => conditionOf(pair, spec.class, this.#values));
    const hidden = spec.view ?? plainView[spec.class] ?? {};
    const named = new Set(where.map((condition) => condition.field.name));
    for (const [name, text] of Object.entries(hidden)) {
      // A uuid is exact: whoever gives one wants that object, whatever it is.
      if (spec.view === undefined && (named.has(name) || named.has('uuid'))) continue;
      const { field } = this.#values.field(name, spec.class);
      where.push({ field, text, negated: false });
    }
    const params = wanted === undefined ? {} : { params: this.#params(wanted, spec.class) };
    return { verb: 'list', class: spec.class, where, ...params };
  }

  #params(text: string, className: string): readonly Column[] {
    if (fold(text) === 'all') return this.#catalogue.apiClass(className).recordFields.map((field) => ({ field }));
    const words = splitList(text);
    if (words.length === 0) throw new UsageError('params= needs field names, separated by commas, or all.', className);
    return words.map((word) => this.#column(word.trim(), className));
  }

  /** A field, or `field:key` of a map. */
  #column(word: string, className: string): Column {
    const { field, key } = this.#values.field(word, className);
    if (key === undefined) return { field };
    if (field.type.kind !== 'map') throw new UsageError(`${wordOf(field.name)} has no keys: it is not a map.`);
    return { field, key };
  }

  #paramName(spec: ClassCommand, pairs: Pair[]): Column {
    const name = take(pairs, 'param-name');
    if (name === undefined) throw new UsageError(`${spec.verb} needs param-name=, the field.`, spec.name);
    return this.#column(name, spec.class);
  }

  #set(spec: ClassCommand, select: Selector, pairs: readonly Pair[]): Command {
    if (pairs.length === 0) throw new UsageError('param-set needs at least one field=value.', spec.name);
    const seen = new Set<string>();
    const changes = pairs.map(([name, text]): FieldChange => {
      const { field, key } = this.#values.field(name, spec.class);
      const writers = this.#catalogue.writers(field);
      const spelled = key === undefined ? field.name : `${field.name}:${key}`;
      if (seen.has(spelled)) throw new UsageError(`${name} is given twice.`, spec.name);
      seen.add(spelled);
      if (key === undefined) {
        if (writers.set === undefined) throw this.#readOnly(field);
        return { field, value: this.#values.read(text, field.type, wordOf(field.name)) };
      }
      if (field.type.kind !== 'map') throw new UsageError(`${wordOf(field.name)} has no keys: it is not a map.`);
      if (writers.add === undefined) throw this.#readOnly(field);
      const [wireKey, value] = this.#values.entry(key, text, field.type, wordOf(field.name));
      return { field, key: wireKey, value };
    });
    return { verb: 'set', class: spec.class, select, changes };
  }

  #entries(
    field: Field,
    key: string | undefined,
    pairs: readonly Pair[],
    loose: readonly string[],
    topic: string,
  ): readonly (readonly unknown[])[] {
    const { type } = field;
    const what = wordOf(field.name);
    if (type.kind !== 'map' && type.kind !== 'set') throw this.#noCollection(field);
    if (this.#catalogue.writers(field).add === undefined) throw this.#readOnly(field);
    if (type.kind === 'map') {
      const given: Pair[] = [...pairs];
      if (key !== undefined && loose.length === 1) given.push([key, loose[0] ?? '']);
      else if (key !== undefined || loose.length > 0)
        throw new UsageError(`Give ${what} its entry as key=value.`, topic);
      if (given.length === 0) throw new UsageError(`Give ${what} its entry as key=value.`, topic);
      return given.map(([name, text]) => this.#values.entry(name, text, type, what));
    }
    // An element may contain an equals sign, which made it look like a pair.
    const elements = [...(key === undefined ? [] : [key]), ...loose, ...pairs.map((pair) => pair.join('='))];
    if (elements.length === 0) throw new UsageError(`Give the element that ${what} gets, as param-key=element.`, topic);
    return elements.map((text) => [this.#values.read(text, type.of, what)]);
  }

  #nothingLeft(pairs: readonly Pair[], topic: string): void {
    const extra = pairs[0]?.[0];
    if (extra === undefined) return;
    const known = ['uuid', 'name-label', 'param-name', 'param-key'];
    throw new UsageError(`${topic} does not take ${extra}=.${suggestion(extra, known)}`, topic);
  }

  #readOnly(field: Field): UsageError {
    return new UsageError(`${wordOf(field.name)} of a ${field.class} cannot be changed in that way.`, field.class);
  }

  #noCollection(field: Field): UsageError {
    const command = `${classWordOf(field.class)}-param-set`;
    return new UsageError(`${wordOf(field.name)} is neither a map nor a set. Set it with ${command}.`, command);
  }
}
