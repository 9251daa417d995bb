/** Where settings come from, and which of several counts. Pure. */
import { fold, suggestion } from '../lib/near-words.ts';
import { settingDefinition, settingDefinitions } from './table.ts';

/** Some settings could not be understood. Each sentence names where one stands and what is accepted. */
export class SettingsError extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'));
    this.name = 'SettingsError';
    this.sentences = sentences;
  }
}

/** A value and where it was given: `/etc/quorate/xapi.conf, line 3`, `QUORATE_LISTEN`, `--listen`. */
export interface Placed {
  readonly value: string;
  readonly source: string;
}

/** What one place says. `faults` are sentences on what cannot be used, `remarks` on what may be a mistake. */
export interface Layer {
  readonly values: ReadonlyMap<string, Placed>;
  readonly faults: readonly string[];
  readonly remarks: readonly string[];
}

/** What is wrong with a setting, in one sentence that begins with where it stands; undefined when nothing is. */
export function settingFault(key: string, value: string, source: string): string | undefined {
  const definition = settingDefinition(key);
  if (definition === undefined) {
    const keys = Object.keys(settingDefinitions);
    const near = suggestion(key, keys);
    return `${source}: there is no setting "${key}".${near === '' ? ` There are: ${keys.join(', ')}.` : near}`;
  }
  if (definition.accepts(value)) return undefined;
  return `${source}: "${key}" must be ${definition.expects}, not "${value}".`;
}

/**
 * Reads a settings file: one `key = value` a line, `#` begins a comment line; everything after the first `=` is the
 * value, quotes and all.
 */
export function readSettingsText(text: string, path: string): Layer {
  const values = new Map<string, Placed>();
  const faults: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const source = `${path}, line ${index + 1}`;
    const equals = line.indexOf('=');
    if (equals < 0) {
      faults.push(`${source}: expected "key = value", found "${line}".`);
      continue;
    }
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const first = values.get(key);
    const fault =
      first === undefined
        ? settingFault(key, value, source)
        : `${source}: "${key}" is set a second time, after ${first.source}.`;
    if (fault === undefined) values.set(key, { value, source });
    else faults.push(fault);
  }
  return { values, faults, remarks: [] };
}

const prefix = 'QUORATE_';

/** Variables of the environment that are no settings. */
const otherVariables: readonly string[] = ['QUORATE_STARTED_ANEW'];

/** The variable of the environment that stands for a setting. */
export function variableOf(key: string): string {
  return prefix + fold(key).replaceAll('-', '_').toUpperCase();
}

/**
 * Settings in the environment; empty variables say nothing. With a directory of its own (--dir) an agent is not moved out
 * of it by variables that are meant for another one or for the command line.
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>, own: boolean): Layer {
  const keys = new Map(Object.keys(settingDefinitions).map((key) => [variableOf(key), key]));
  const values = new Map<string, Placed>();
  const faults: string[] = [];
  const remarks: string[] = [];
  for (const [variable, value = ''] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || value === '' || otherVariables.includes(variable)) continue;
    const key = keys.get(variable);
    if (key === undefined) {
      remarks.push(`The environment's ${variable} is no setting.${suggestion(variable, keys.keys())}`);
      continue;
    }
    if (own && (key === 'directory' || key === 'socket')) continue;
    const fault = settingFault(key, value.trim(), variable);
    if (fault === undefined) values.set(key, { value: value.trim(), source: variable });
    else faults.push(fault);
  }
  return { values, faults, remarks };
}

/** Settings that were given as flags, by key. */
export function readFlags(flags: ReadonlyMap<string, string>): Layer {
  const values = new Map<string, Placed>();
  const faults: string[] = [];
  for (const [key, value] of flags) {
    const source = `--${key}`;
    const fault = settingFault(key, value, source);
    if (fault === undefined) values.set(key, { value, source });
    else faults.push(fault);
  }
  return { values, faults, remarks: [] };
}

/** Later layers win. @throws SettingsError with every fault of every layer */
export function mergeLayers(layers: readonly Layer[]): ReadonlyMap<string, Placed> {
  const faults = layers.flatMap((layer) => layer.faults);
  if (faults.length > 0) throw new SettingsError(faults);
  return new Map(layers.flatMap((layer) => [...layer.values]));
}
