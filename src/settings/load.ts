/** Reads every place where settings may stand. */
import { resolve } from 'node:path';
import { limits } from '../lib/limits.ts';
import { allValues, makeSettings, placeOf, type Settings } from '../settings.ts';
import { FileError, type Files } from '../world/world.ts';
import { type Layer, mergeLayers, type Placed, readEnvironment, readFlags, readSettingsText } from './sources.ts';
import type { Place } from './table.ts';

/** The settings file of an agent that is installed. */
export const usualSettingsFile = '/etc/quorate/xapi.conf';

/** What decides where settings are looked for; the same at the start and at every reload. */
export interface SettingsPlaces {
  /** The file that --config names. */
  readonly config: string | undefined;
  /** What named the file, for sentences; --config when nothing is said. */
  readonly configNamedBy?: string;
  /** The directory that --dir names: without --config no file is read then. */
  readonly ownDirectory: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Settings that stand on the command line, by key. */
  readonly flags: ReadonlyMap<string, string>;
}

/** Everything that is known of the settings. */
export interface Configuration {
  readonly settings: Settings;
  readonly place: Place;
  /** What somebody gave, and where. */
  readonly given: ReadonlyMap<string, Placed>;
  /** Every setting's value as text and where it comes from: `default` where nobody gave one. */
  readonly values: ReadonlyMap<string, Placed>;
  /** Sentences on what may be a mistake and was left out. */
  readonly remarks: readonly string[];
}

type SettingsFiles = Pick<Files, 'read' | 'list'>;

/** The file to read and the directory of `*.conf` files that are read after it; undefined when there is none. */
export function settingsFiles(places: Pick<SettingsPlaces, 'config' | 'ownDirectory'>): {
  readonly file: string | undefined;
  readonly directory: string | undefined;
} {
  const named = places.config === undefined ? undefined : resolve(places.config);
  const file = named ?? (places.ownDirectory === undefined ? usualSettingsFile : undefined);
  return { file, directory: file === undefined ? undefined : `${file}.d` };
}

const nothing: Layer = { values: new Map(), faults: [], remarks: [] };

function fault(sentence: string): Layer {
  return { ...nothing, faults: [sentence] };
}

async function readFile(files: SettingsFiles, path: string, namedBy: string | undefined): Promise<Layer> {
  try {
    return readSettingsText(new TextDecoder().decode(await files.read(path, limits.smallFileBytes)), path);
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    if (thrown.code !== 'not-found') return fault(`${thrown.message}.`);
    return namedBy === undefined ? nothing : fault(`There is no file ${path}, which ${namedBy} names.`);
  }
}

async function readDirectory(files: SettingsFiles, path: string): Promise<readonly Layer[]> {
  let names: readonly string[];
  try {
    names = await files.list(path);
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown;
    return thrown.code === 'not-found' ? [] : [fault(`${thrown.message}.`)];
  }
  const wanted = names.filter((name) => name.endsWith('.conf') && !name.startsWith('.')).sort();
  if (wanted.length > limits.settingsFiles) {
    return [fault(`${path} holds ${wanted.length} settings files; ${limits.settingsFiles} are read at most.`)];
  }
  return Promise.all(wanted.map((name) => readFile(files, `${path}/${name}`, undefined)));
}

/**
 * Reads everything anew: the file, those of its directory in the order of their names, the environment, the flags; later
 * ones win.
 * @throws SettingsError with all that is wrong
 */
export async function loadConfiguration(files: SettingsFiles, places: SettingsPlaces): Promise<Configuration> {
  const { file, directory } = settingsFiles(places);
  const layers = [
    ...(file === undefined
      ? []
      : [await readFile(files, file, places.config === undefined ? undefined : (places.configNamedBy ?? '--config'))]),
    ...(directory === undefined ? [] : await readDirectory(files, directory)),
    readEnvironment(places.environment, places.ownDirectory !== undefined),
    readFlags(places.flags),
  ];
  return resolveConfiguration(
    mergeLayers(layers),
    places.ownDirectory,
    layers.flatMap((layer) => layer.remarks),
  );
}

/** Everything that follows from what was given. */
export function resolveConfiguration(
  given: ReadonlyMap<string, Placed>,
  ownDirectory: string | undefined,
  remarks: readonly string[] = [],
): Configuration {
  const texts = new Map([...given].map(([key, { value }]) => [key, value]));
  const place = placeOf(texts.get('directory'), ownDirectory);
  const values = new Map<string, Placed>(
    [...allValues(texts, place)].map(([key, value]) => [key, { value, source: given.get(key)?.source ?? 'default' }]),
  );
  if (place.own) values.set('directory', { value: place.directory, source: '--dir' });
  return { settings: makeSettings(texts, ownDirectory), place, given, values, remarks };
}
