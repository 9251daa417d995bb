/** Figures as they are asked for over HTTP. */
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import type { Clock, HttpReply } from '../../world/world.ts';
import { type Consolidation, consolidations } from './archive-shape.ts';
import type { HostFigures } from './host-figures.ts';
import { rrdJson, rrdXml } from './rrd-page.ts';
import { updatesJson, updatesSince, updatesXml } from './updates-page.ts';

export interface PagesOptions {
  readonly clock: Pick<Clock, 'yield'>;
  readonly figures: Pick<HostFigures, 'state' | 'dataSources'>;
  readonly hostUuid: string;
}

const heartbeatSeconds = limits.sampleHoldsMs / 1000;

/** Pieces of text as slices; others run between them. */
async function* slices(pieces: Iterable<string>, clock: PagesOptions['clock']): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < limits.sliceBytes) continue;
    yield encoder.encode(gathered);
    gathered = '';
    await clock.yield();
  }
  yield encoder.encode(gathered);
}

/** As servers of this API read them: `true` in any spelling that a client has sent. */
function flag(query: URLSearchParams, name: string): boolean {
  return /^(?:true|1)$/i.test(query.get(name) ?? '');
}

/** @throws ApiError INVALID_VALUE */
function seconds(query: URLSearchParams, name: string, otherwise: number | undefined): number {
  const text = query.get(name);
  if (text === null && otherwise !== undefined) return otherwise;
  // Some clients send fractions.
  const value = Math.floor(Number(text ?? ''));
  if (text === null || text === '' || !Number.isSafeInteger(value)) {
    throw new ApiError('INVALID_VALUE', name, text ?? '');
  }
  return value;
}

/** @throws ApiError INVALID_VALUE */
function consolidation(query: URLSearchParams): Consolidation | undefined {
  const text = query.get('cf');
  if (text === null || text === '') return undefined;
  const found = consolidations.find((name) => name === text.toUpperCase());
  if (found === undefined) throw new ApiError('INVALID_VALUE', 'cf', text);
  return found;
}

function page(json: boolean, pieces: Iterable<string>, clock: PagesOptions['clock']): HttpReply {
  const headers = {
    'content-type': json ? 'application/json' : 'text/xml',
    'access-control-allow-origin': '*',
    'cache-control': 'no-cache, no-store',
  };
  return { status: 200, headers, body: slices(pieces, clock) };
}

/** Every archive of the host. */
export function hostRrdPage({ clock, figures }: PagesOptions, query: URLSearchParams): HttpReply {
  const json = flag(query, 'json');
  const state = figures.state();
  const current = new Map(figures.dataSources().map((source) => [source.name_label, source]));
  const facts = { heartbeatSeconds, current };
  return page(json, json ? rrdJson(state, facts) : rrdXml(state, facts), clock);
}

/**
 * What is new since a moment. Virtual machines have no figures here, so that without host=true there are no columns.
 * @throws ApiError INVALID_VALUE
 */
export function rrdUpdatesPage({ clock, figures, hostUuid }: PagesOptions, query: URLSearchParams): HttpReply {
  const json = flag(query, 'json');
  const asked = {
    start: seconds(query, 'start', undefined),
    interval: seconds(query, 'interval', 0),
    consolidation: consolidation(query),
  };
  const state = figures.state();
  const shown = flag(query, 'host') ? state : { ...state, tracks: [] };
  const updates = updatesSince(shown, asked, `host:${hostUuid}`);
  return page(json, json ? updatesJson(updates) : updatesXml(updates), clock);
}
