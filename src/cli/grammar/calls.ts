/** Commands that call a message of the API: by its own name with `call`, or by `<class>-<message>` with named arguments. */
import type { Message, Param } from '../../datamodel/model.ts';
import { type Catalogue, neutralOf, type OperationCommand, requiredFields, selfParam } from '../catalogue.ts';
import type { CallCommand } from '../command.ts';
import { UsageError } from '../failure.ts';
import { classWordOf, fold, suggestion, wordOf } from '../names.ts';
import { ValueReader } from '../values.ts';
import { type Pair, pairsOf, selectorOf, take } from './pairs.ts';

/** `VM.start`, `vm.start` and `VM_start` are the same message. */
export function findMessage(catalogue: Catalogue, name: string): Message | undefined {
  const separator = name.includes('.') ? '.' : '_';
  for (let index = name.indexOf(separator); index > 0; index = name.indexOf(separator, index + 1)) {
    const className = catalogue.className(name.slice(0, index));
    if (className === undefined) continue;
    const wanted = fold(name.slice(index + 1));
    const found = catalogue.apiClass(className).messages.find((message) => fold(message.message) === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `VM.start(vm, start_paused, force)`; what may be left out stands in brackets. */
export function signatureOf(message: Message): string {
  const params = message.params.map((param) => ('default' in param ? `[${param.name}]` : param.name));
  return `${message.name}(${params.join(', ')})`;
}

export class CallGrammar {
  readonly #catalogue: Catalogue;
  readonly #values: ValueReader;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#values = new ValueReader(catalogue);
  }

  /** `call [Async.]Class.message argument …` @throws UsageError */
  call(words: readonly string[]): CallCommand {
    const [given, ...texts] = words;
    if (given === undefined) throw new UsageError('call needs the message to call, such as VM.get_all.', 'call');
    const async = given.toLowerCase().startsWith('async.');
    const name = async ? given.slice('async.'.length) : given;
    const message = findMessage(this.#catalogue, name) ?? this.#unknown(name);
    if (async && !message.async) {
      throw new UsageError(`${message.name} cannot run as a task. Call it without Async.`, message.name);
    }
    if (texts.length < message.required || texts.length > message.params.length) {
      const count = message.params.length === 0 ? 'no argument' : signatureOf(message);
      throw new UsageError(`${message.name} takes ${count}; ${texts.length} given.`, message.name);
    }
    const args = texts.map((text, index) => {
      const param = message.params[index] as Param;
      return this.#values.read(text, param.type, param.name);
    });
    return { verb: 'call', message, async, args };
  }

  /** `vm-clean-shutdown uuid=…`, `network-create name-label=…` @throws UsageError */
  operation(spec: OperationCommand, words: readonly string[]): CallCommand {
    const { message } = spec;
    const pairs = pairsOf(words, spec.name);
    const self = selfParam(message);
    const own = self === undefined ? undefined : take(pairs, self.name);
    const rest = message.params.filter((param) => param !== self);
    // Named before the selector: a parameter that is itself called uuid is that parameter.
    const texts = rest.map((param) => this.#argument(param, pairs, spec));
    const select =
      self === undefined || own !== undefined
        ? undefined
        : selectorOf(this.#catalogue, message.class, pairs, spec.name, true);
    const extra = pairs[0]?.[0];
    if (extra !== undefined) {
      const names = [...message.params.map((param) => wordOf(param.name)), 'uuid', 'name-label'];
      throw new UsageError(`${spec.name} does not take ${extra}=.${suggestion(extra, names)}`, spec.name);
    }
    const args = own !== undefined && self !== undefined ? [this.#values.read(own, self.type, self.name)] : [];
    args.push(...this.#defaults(rest, texts, spec));
    return { verb: 'call', message, async: message.async, args, ...(select === undefined ? {} : { select }) };
  }

  /** The value of a parameter, or undefined when it is not given. */
  #argument(param: Param, pairs: Pair[], spec: OperationCommand): { readonly value: unknown } | undefined {
    if (param.type.kind === 'record') {
      const fields = pairs.splice(0).filter(([name]) => fold(name) !== fold(param.name));
      const value = { ...this.#empty(param.type.class), ...this.#values.record(fields, param.type.class) };
      const missing = requiredFields(this.#catalogue, spec.message).filter(({ name }) => !Object.hasOwn(value, name));
      if (missing.length > 0) {
        const words = missing.map(({ name }) => `${wordOf(name)}=`);
        throw new UsageError(`${spec.name} also needs ${words.join(', ')}.`, spec.name);
      }
      return { value };
    }
    const { type } = param;
    const what = wordOf(param.name);
    const text = take(pairs, param.name);
    if (type.kind !== 'map') return text === undefined ? undefined : { value: this.#values.read(text, type, what) };
    const prefix = `${fold(param.name)}:`;
    const keyed = pairs.filter(([name]) => fold(name).startsWith(prefix));
    if (keyed.length === 0) return text === undefined ? undefined : { value: this.#values.read(text, type, what) };
    if (text !== undefined) throw new UsageError(`Give ${what} whole or key by key, not both.`, spec.name);
    for (const pair of keyed) pairs.splice(pairs.indexOf(pair), 1);
    const entries = keyed.map(([name, value]) => this.#values.entry(name.slice(prefix.length), value, type, what));
    return { value: Object.fromEntries(entries) };
  }

  /** The maps and sets that a constructor insists on: people mean none when they name none. */
  #empty(className: string): Readonly<Record<string, unknown>> {
    const fields = this.#catalogue
      .apiClass(className)
      .recordFields.filter(
        ({ spec, type }) =>
          spec.qualifier !== 'DynamicRO' && spec.default === undefined && (type.kind === 'map' || type.kind === 'set'),
      );
    return Object.fromEntries(fields.map((field) => [field.name, field.initial]));
  }

  /** Fills in what is not named, up to the last argument that the agent must have; what follows is left to it. */
  #defaults(
    params: readonly Param[],
    given: readonly ({ readonly value: unknown } | undefined)[],
    spec: OperationCommand,
  ): readonly unknown[] {
    const missing = params.find((param, index) => given[index] === undefined && neutralOf(param) === undefined);
    if (missing !== undefined) throw new UsageError(`${spec.name} needs ${wordOf(missing.name)}=.`, spec.name);
    const last = params.findLastIndex((param, index) => given[index] !== undefined || !('default' in param));
    return params.slice(0, last + 1).map((param, index) => (given[index] ?? neutralOf(param))?.value);
  }

  #unknown(name: string): never {
    const dot = name.indexOf('.');
    const className = dot < 0 ? undefined : this.#catalogue.className(name.slice(0, dot));
    if (className === undefined) {
      const word = dot < 0 ? name : name.slice(0, dot);
      const near = suggestion(
        word,
        this.#catalogue.classWords.map((known) => this.#catalogue.className(known) ?? known),
      );
      throw new UsageError(dot < 0 ? `A message is Class.message, not ${name}.` : `There is no class ${word}.${near}`);
    }
    const known = this.#catalogue.apiClass(className).messages.map((message) => message.message);
    const near = suggestion(name.slice(dot + 1), known);
    throw new UsageError(`${className} has no message ${name.slice(dot + 1)}.${near}`, classWordOf(className));
  }
}
