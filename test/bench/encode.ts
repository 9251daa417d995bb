/**
 * How long the answer to VM.get_all_records of a large pool takes, against what JSON.stringify takes for the same
 * objects: when nothing is encoded yet, when nothing has changed since, and when one object has. Rounds of both take
 * turns, so that a slow minute of the machine is everybody's.
 */
import { readFileSync } from 'node:fs';
import type { Segment } from '../../src/database/types.ts';
import { type ApiType, deriveDatamodel } from '../../src/datamodel/index.ts';
import { limits } from '../../src/lib/limits.ts';
import type { RpcCall } from '../../src/rpc/call.ts';
import { createEncoders, type Encoder } from '../../src/rpc/marshal/encoder.ts';
import { RecordSet } from '../../src/rpc/marshal/results.ts';
import { loopClock } from '../lib/loop-clock.ts';
import { SampleRows } from '../lib/sample-rows.ts';
import type { BenchRow } from './row.ts';

const objects = 5000;
const rounds = 12;
const type: ApiType = { kind: 'void' };

interface Measured {
  /** From the call to the last slice. */
  readonly elapsedMs: number;
  readonly bytes: number;
  /** How long each turn of the event loop took meanwhile. */
  readonly turnsMs: readonly number[];
}

/**
 * Milliseconds since some instant, without those in which this thread was ready and another had its processor: they say
 * what else the machine was doing, nothing of us.
 */
function runningMs(): number {
  const [, waitedNs = '0'] = readFileSync('/proc/self/schedstat', 'latin1').split(' ');
  return performance.now() - Number(waitedNs) / 1e6;
}

/** Sends one answer to nowhere while watching the event loop. */
async function send(encoder: Encoder, call: RpcCall, segments: readonly Segment[]): Promise<Measured> {
  const turnsMs: number[] = [];
  let turned = runningMs();
  let watching = true;
  const watch = (): void => {
    const now = runningMs();
    turnsMs.push(now - turned);
    turned = now;
    if (watching) setImmediate(watch);
  };
  setImmediate(watch);
  const started = runningMs();
  let bytes = 0;
  const body = encoder.success(call, type, new RecordSet('VM', segments));
  if (typeof body === 'string' || body instanceof Uint8Array) bytes = body.length;
  else for await (const slice of body) bytes += slice.length;
  const elapsedMs = runningMs() - started;
  watching = false;
  await new Promise((resolve) => setImmediate(resolve));
  return { elapsedMs, bytes, turnsMs };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** The best round: whatever else the machine does can only add to it. */
const best = (values: readonly number[]): number => Math.min(...values);
const fresh = (segment: Segment): Segment => ({ ...segment, encoded: new Map() });

/** The same segments after one object of one of them has changed. */
function changed(segments: readonly Segment[], round: number): Segment[] {
  return segments.map((segment, index) => {
    if (index !== round % segments.length) return segment;
    const rows = segment.rows.map((row, at) => (at === 0 ? { ...row, name_label: `changed ${round}` } : row));
    return { ...segment, rows, encoded: new Map() };
  });
}

interface Figures {
  readonly first: number[];
  readonly unchanged: number[];
  readonly oneChanged: number[];
  readonly turns: number[];
  bytes: number;
}

async function round(
  encoder: Encoder,
  call: RpcCall,
  rows: readonly Segment[],
  number: number,
  to: Figures,
): Promise<void> {
  const segments = rows.map(fresh);
  const first = await send(encoder, call, segments);
  const unchanged = await send(encoder, call, segments);
  const oneChanged = await send(encoder, call, changed(segments, number));
  to.first.push(first.elapsedMs);
  to.unchanged.push(unchanged.elapsedMs);
  to.oneChanged.push(oneChanged.elapsedMs);
  to.turns.push(...first.turnsMs, ...unchanged.turnsMs, ...oneChanged.turnsMs);
  to.bytes = first.bytes;
}

/** Encoding of record sets: bench item 2. */
export async function benchEncode(): Promise<BenchRow[]> {
  const datamodel = deriveDatamodel();
  const encoders = createEncoders(datamodel, loopClock());
  const segments = new SampleRows(datamodel, 1).segments('VM', objects, limits.segmentRows);
  const whole = Object.fromEntries(segments.flatMap(({ refs, rows }) => refs.map((ref, index) => [ref, rows[index]])));
  const empty = (): Figures => ({ first: [], unchanged: [], oneChanged: [], turns: [], bytes: 0 });
  const json = empty();
  const xml = empty();
  const peer: number[] = [];
  for (let number = -2; number < rounds; number += 1) {
    const started = runningMs();
    Buffer.from(JSON.stringify(whole));
    const peerMs = runningMs() - started;
    const warm = number < 0;
    if (!warm) peer.push(peerMs);
    const call = { method: 'VM.get_all_records', params: [], id: 0 };
    await round(encoders.json, { ...call, protocol: 'jsonrpc-2.0' }, segments, number + 2, warm ? empty() : json);
    await round(encoders.xml, { ...call, protocol: 'xmlrpc' }, segments, number + 2, warm ? empty() : xml);
  }
  return [...report(peer, json, xml)];
}

function* report(peer: readonly number[], json: Figures, xml: Figures): Generator<BenchRow> {
  const peerMs = best(peer);
  const jsonMs = best(json.first);
  const plain = (name: string, value: number, unit: string): BenchRow => ({
    name,
    value,
    unit,
    target: '',
    ok: undefined,
  });
  const most = (name: string, value: number, unit: string, limit: number): BenchRow => ({
    name,
    value,
    unit,
    target: `<= ${limit}`,
    ok: value <= limit,
  });
  yield plain(`${objects} VM records, JSON.stringify and Buffer.from`, peerMs, 'ms');
  yield plain('JSON reply', json.bytes / 1e6, 'MB');
  yield plain('JSON, first', jsonMs, 'ms');
  yield most('JSON, first, against JSON.stringify', jsonMs / peerMs, 'x', 1.5);
  yield most('JSON, unchanged, against JSON.stringify', best(json.unchanged) / peerMs, 'x', 0.15);
  yield most('JSON, one object changed, against JSON.stringify', best(json.oneChanged) / peerMs, 'x', 0.2);
  yield most('JSON, turn of the event loop, p99', quantile(json.turns, 0.99), 'ms', 10);
  yield plain('JSON, turn of the event loop, longest', Math.max(...json.turns), 'ms');
  yield plain('XML reply', xml.bytes / 1e6, 'MB');
  yield plain('XML, first', best(xml.first), 'ms');
  yield most('XML, first, against JSON, first', best(xml.first) / jsonMs, 'x', 2);
  yield plain('XML, unchanged', best(xml.unchanged), 'ms');
  yield plain('XML, one object changed', best(xml.oneChanged), 'ms');
  yield most('XML, turn of the event loop, p99', quantile(xml.turns, 0.99), 'ms', 10);
  yield plain('XML, turn of the event loop, longest', Math.max(...xml.turns), 'ms');
}
