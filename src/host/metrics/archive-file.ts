/** Archives as a file: a line that says what it is, the names as JSON, then all numbers, eight bytes each. */
import { createHash } from 'node:crypto';
import { spans } from './archive-shape.ts';
import type { ArchivesState } from './archives.ts';
import type { RingState, TrackState } from './track.ts';

export interface SavedArchives extends ArchivesState {
  /** Figures that somebody turned off. */
  readonly off: readonly string[];
}

/** The file is no such file, is of another version or was damaged. The sentence says which. */
export class ArchiveFileError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'ArchiveFileError';
  }
}

const title = 'quorate archives 1';
const shape = spans.map(({ rows, slots }) => `${rows}x${slots}`).join(' ');
const numbersBeforeRings = 2;
const numbersBeforeRows = 4;

function numbersOf(track: TrackState): number[] {
  const rings = track.rings.map(({ sum, known, low, high }) => [sum, known, low, high]);
  return [track.sum, track.knownMs, ...rings.flat()];
}

function rowsOf(ring: RingState): readonly Float64Array[] {
  return ring.least === ring.average ? [ring.average] : [ring.average, ring.least, ring.most];
}

export function encodeArchives(saved: SavedArchives): Uint8Array {
  const { updatedMs, tracks, off } = saved;
  const names = tracks.map((track) => track.name);
  const head = Buffer.from(`${JSON.stringify({ shape, updatedMs, names, off })}\n`);
  const numbers = tracks.flatMap((track) => [
    Float64Array.from(numbersOf(track)),
    ...track.rings.flatMap((ring) => rowsOf(ring)),
  ]);
  const bytes = numbers.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength));
  const body = Buffer.concat([head, ...bytes]);
  return Buffer.concat([Buffer.from(`${title} ${digest(body)}\n`), body]);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws ArchiveFileError */
export function decodeArchives(file: Uint8Array): SavedArchives {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const [first, afterFirst] = line(bytes, 0);
  if (!first.startsWith(`${title} `)) throw new ArchiveFileError('it is no file of archives of this version');
  const body = bytes.subarray(afterFirst);
  if (first.slice(title.length + 1) !== digest(body)) throw new ArchiveFileError('its checksum is wrong');
  const [head, afterHead] = line(body, 0);
  const { shape: theirs, updatedMs, names, off } = JSON.parse(head) as Head;
  if (theirs !== shape) throw new ArchiveFileError(`its archives are ${theirs}, not ${shape}`);
  // A copy: the numbers must begin at a multiple of eight bytes to be read as an array.
  const numbers = new Float64Array(Uint8Array.from(body.subarray(afterHead)).buffer);
  let at = 0;
  const take = (count: number): Float64Array => numbers.slice(at, (at += count));
  const tracks = names.map((name) => decodeTrack(name, take));
  return { updatedMs: updatedMs ?? Number.NaN, tracks, off };
}

interface Head {
  readonly shape: string;
  /** JSON has null for what is not a number. */
  readonly updatedMs: number | null;
  readonly names: readonly string[];
  readonly off: readonly string[];
}

function decodeTrack(name: string, take: (count: number) => Float64Array): TrackState {
  const [sum = 0, knownMs = 0] = take(numbersBeforeRings);
  const gathering = spans.map(() => take(numbersBeforeRows));
  const rings = spans.map(({ rows, slots }, index): RingState => {
    const [ringSum = 0, known = 0, low = Infinity, high = -Infinity] = gathering[index] ?? [];
    const average = take(rows);
    const [least, most] = slots === 1 ? [average, average] : [take(rows), take(rows)];
    return { average, least, most, sum: ringSum, known, low, high };
  });
  return { name, sum, knownMs, rings };
}

/** A line of text and where the next one begins. @throws ArchiveFileError */
function line(bytes: Buffer, from: number): [string, number] {
  const end = bytes.indexOf(10, from);
  if (end < 0) throw new ArchiveFileError('it ends too early');
  return [bytes.toString('utf8', from, end), end + 1];
}
