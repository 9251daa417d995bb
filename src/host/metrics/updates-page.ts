/** What the archives hold since some moment, as rrdtool's xport writes it, as XML or JSON, in pieces. */
import { type ArchiveShape, archiveShapes, type Consolidation, stepSeconds } from './archive-shape.ts';
import type { ArchivesState } from './archives.ts';
import { formatFigure, xmlText } from './format.ts';
import { lastSlot } from './rrd-page.ts';
import { rowsOf } from './track.ts';

export interface UpdatesQuery {
  /** Seconds since 1970; below zero, seconds back from the latest update. */
  readonly start: number;
  /** Rows should be at least so many seconds apart. */
  readonly interval: number;
  /** All of them when undefined. */
  readonly consolidation: Consolidation | undefined;
}

export interface Updates {
  readonly start: number;
  readonly step: number;
  readonly end: number;
  readonly rowCount: number;
  readonly legend: readonly string[];
  /** The newest row first. */
  rows(): Iterable<{ readonly time: number; readonly values: readonly number[] }>;
}

/** The finest archives that are coarse enough and reach back to the start; the coarsest when none does. */
function choose(query: UpdatesQuery, start: number, lastSeconds: number): readonly ArchiveShape[] {
  const least = Math.floor(query.interval / stepSeconds);
  const fitting = archiveShapes.filter(
    ({ consolidation }) => query.consolidation === undefined || consolidation === query.consolidation,
  );
  const best =
    fitting.find(({ slots, rows }) => slots >= least && start > lastSeconds - stepSeconds * rows * slots) ??
    fitting.at(-1);
  return fitting.filter(({ index }) => index === best?.index);
}

/** @param owner What stands before each name, such as `host:UUID`. */
export function updatesSince(state: ArchivesState, query: UpdatesQuery, owner: string): Updates {
  const known = !Number.isNaN(state.updatedMs);
  const slot = known ? lastSlot(state) : 0;
  const start = query.start < 0 ? Math.floor(state.updatedMs / 1000) + query.start : query.start;
  const archives = choose(query, start, slot * stepSeconds);
  const { slots, rows } = archives[0] ?? { slots: 1, rows: 0 };
  const step = stepSeconds * slots;
  const last = Math.floor(slot / slots);
  const first = known ? Math.max(Math.ceil(start / step), last - rows + 1, 0) : last + 1;
  const columns = archives.flatMap(({ index, consolidation }) =>
    state.tracks.map(({ name, rings }) => {
      const ring = rings[index];
      return {
        entry: `${consolidation}:${owner}:${name}`,
        values: ring === undefined ? [] : rowsOf(ring, consolidation),
      };
    }),
  );
  return {
    start: (Math.floor(start / step) + 1) * step,
    step,
    end: last * step,
    rowCount: Math.max(0, last - first + 1),
    legend: columns.map(({ entry }) => entry),
    *rows() {
      for (let row = last; row >= first; row -= 1) {
        yield { time: row * step, values: columns.map(({ values }) => values[row % rows] ?? Number.NaN) };
      }
    },
  };
}

export function* updatesXml(updates: Updates): Generator<string> {
  const { start, step, end, rowCount, legend } = updates;
  yield `<?xml version="1.0"?><xport><meta><start>${start}</start><step>${step}</step><end>${end}</end><rows>${rowCount}</rows><columns>${legend.length}</columns><legend>`;
  for (const entry of legend) yield `<entry>${xmlText(entry)}</entry>`;
  yield '</legend></meta><data>';
  for (const { time, values } of updates.rows()) {
    yield `<row><t>${time}</t>${values.map((value) => `<v>${formatFigure(value)}</v>`).join('')}</row>`;
  }
  yield '</data></xport>';
}

export function* updatesJson(updates: Updates): Generator<string> {
  const { start, step, end, rowCount, legend } = updates;
  const meta = { start, step, end, rows: rowCount, columns: legend.length, legend };
  yield `{"meta":${JSON.stringify(meta)},"data":[`;
  let separator = '';
  for (const { time, values } of updates.rows()) {
    yield `${separator}{"t":${time},"values":${JSON.stringify(values.map((value) => formatFigure(value)))}}`;
    separator = ',';
  }
  yield ']}';
}
