/** All archives of a host in the form that rrdtool restores, as XML or JSON, in pieces. */
import { type ArchiveShape, archiveShapes, stepSeconds } from './archive-shape.ts';
import type { ArchivesState } from './archives.ts';
import { formatFigure, xmlText } from './format.ts';
import { rowsOf, type TrackState } from './track.ts';

const version = '0003';
const unknownShare = 0.5;

/** What is known of a figure now. */
export interface CurrentFigure {
  readonly min: number;
  readonly max: number;
  /** Not a number while it is unknown. */
  readonly value: number;
}

/** What the archives themselves do not hold. */
export interface RrdFacts {
  /** How long a value holds when none follows. */
  readonly heartbeatSeconds: number;
  /** What figures are and can be, by name; those that are no longer read are unknown and can be anything. */
  readonly current: ReadonlyMap<string, CurrentFigure>;
}

/** Number of the last slot that has ended. */
export function lastSlot(state: ArchivesState): number {
  return Math.floor(state.updatedMs / 1000 / stepSeconds);
}

interface Entry {
  readonly name: string;
  readonly fields: readonly (readonly [string, string])[];
}

/** What rrdtool keeps of each figure: everything is a number that is averaged, whatever it was read as. */
function entryOf(track: TrackState, state: ArchivesState, { heartbeatSeconds, current }: RrdFacts): Entry {
  const { min, max, value } = current.get(track.name) ?? { min: -Infinity, max: Infinity, value: Number.NaN };
  const openSeconds = (state.updatedMs / 1000) % stepSeconds;
  return {
    name: track.name,
    fields: [
      ['type', 'GAUGE'],
      ['minimal_heartbeat', formatFigure(heartbeatSeconds)],
      ['min', formatFigure(min)],
      ['max', formatFigure(max)],
      ['last_ds', formatFigure(value)],
      ['value', formatFigure(track.sum / 1000)],
      ['unknown_sec', String(Math.max(0, Math.floor(openSeconds - track.knownMs / 1000)))],
    ],
  };
}

/** What gathers for the row that is open. */
function preparation(track: TrackState, archive: ArchiveShape, slot: number): readonly (readonly [string, string])[] {
  const ring = track.rings[archive.index];
  const known = ring?.known ?? 0;
  const { consolidation, slots } = archive;
  const value =
    ring === undefined || known === 0
      ? Number.NaN
      : consolidation === 'AVERAGE'
        ? ring.sum
        : consolidation === 'MIN'
          ? ring.low
          : ring.high;
  return [
    ['primary_value', '0.0'],
    ['secondary_value', '0.0'],
    ['value', formatFigure(value)],
    ['unknown_datapoints', String(Math.max(0, (slot % slots) - known))],
  ];
}

/** Rows from the oldest to the newest, a value for each figure. */
function* rows(state: ArchivesState, archive: ArchiveShape): Generator<readonly string[]> {
  const last = Math.floor(lastSlot(state) / archive.slots);
  const columns = state.tracks.map((track) => {
    const ring = track.rings[archive.index];
    return ring === undefined ? new Float64Array(archive.rows) : rowsOf(ring, archive.consolidation);
  });
  for (let row = last - archive.rows + 1; row <= last; row += 1) {
    const place = ((row % archive.rows) + archive.rows) % archive.rows;
    yield columns.map((column) => formatFigure(column[place] ?? Number.NaN));
  }
}

function tags(fields: readonly (readonly [string, string])[]): string {
  return fields.map(([name, value]) => `<${name}>${value}</${name}>`).join('');
}

export function* rrdXml(state: ArchivesState, facts: RrdFacts): Generator<string> {
  const slot = lastSlot(state);
  yield `<?xml version="1.0"?><rrd><version>${version}</version><step>${stepSeconds}</step><lastupdate>${Math.floor(state.updatedMs / 1000)}</lastupdate>`;
  for (const track of state.tracks) {
    const { name, fields } = entryOf(track, state, facts);
    yield `<ds><name>${xmlText(name)}</name>${tags(fields)}</ds>`;
  }
  for (const archive of archiveShapes) {
    yield `<rra><cf>${archive.consolidation}</cf><pdp_per_row>${archive.slots}</pdp_per_row><params><xff>${formatFigure(unknownShare)}</xff></params><cdp_prep>`;
    for (const track of state.tracks) yield `<ds>${tags(preparation(track, archive, slot))}</ds>`;
    yield '</cdp_prep><database>';
    for (const row of rows(state, archive)) yield `<row>${row.map((value) => `<v>${value}</v>`).join('')}</row>`;
    yield '</database></rra>';
  }
  yield '</rrd>';
}

function* separated(items: Iterable<string>): Generator<string> {
  let first = true;
  for (const item of items) {
    yield first ? item : `,${item}`;
    first = false;
  }
}

function record(fields: readonly (readonly [string, string])[]): string {
  return JSON.stringify(Object.fromEntries(fields));
}

/** The same as JSON; every number is text. */
export function* rrdJson(state: ArchivesState, facts: RrdFacts): Generator<string> {
  const slot = lastSlot(state);
  yield `{"version":"${version}","step":"${stepSeconds}","lastupdate":"${formatFigure(state.updatedMs / 1000)}","ds":[`;
  const entries = state.tracks.map((track) => entryOf(track, state, facts));
  yield* separated(entries.map(({ name, fields }) => record([['name', name], ...fields])));
  yield '],"rra":[';
  for (const [index, archive] of archiveShapes.entries()) {
    yield `${index === 0 ? '' : ','}{"cf":"${archive.consolidation}","pdp_per_row":"${archive.slots}","params":{"xff":"${formatFigure(unknownShare)}"},"cdp_prep":{"ds":[`;
    yield* separated(state.tracks.map((track) => record(preparation(track, archive, slot))));
    yield ']},"database":[';
    yield* separated(jsonRows(state, archive));
    yield ']}';
  }
  yield ']}';
}

function* jsonRows(state: ArchivesState, archive: ArchiveShape): Generator<string> {
  for (const row of rows(state, archive)) yield JSON.stringify(row);
}
