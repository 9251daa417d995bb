/** The statefile as it is on disk: one section for the pool and one a host, 4,096 bytes each, as the original has them. */
import { maxHosts, noHosts } from './host-set.ts';
import { type RecordLayout, type RecordOf, readRecord, writeRecord } from './record.ts';

export const sectionBytes = 4096;
/** What is read and written of each section: its record, in whole blocks of 512 bytes. */
export const poolBlockBytes = 512;
export const hostBlockBytes = 1024;

export const statefileVersion = 2;

export function hostSectionAt(index: number): number {
  return (1 + index) * sectionBytes;
}

export const poolStates = ['NONE', 'INIT', 'ACTIVE', 'INVALID'] as const;
export type PoolState = (typeof poolStates)[number];

const poolLayout = {
  signature: { at: 0, kind: 'u32' },
  inverted: { at: 4, kind: 'u32' },
  checksum: { at: 8, kind: 'u32' },
  version: { at: 12, kind: 'u32' },
  poolLength: { at: 16, kind: 'u32' },
  hostLength: { at: 20, kind: 'u32' },
  maxHosts: { at: 24, kind: 'u32' },
  generation: { at: 28, kind: 'uuid' },
  poolState: { at: 60, kind: 'u32' },
  master: { at: 64, kind: 'uuid' },
  hostCount: { at: 96, kind: 'u32' },
  end: { at: 100, kind: 'u32' },
} as const;

const hostLayout = {
  signature: { at: 0, kind: 'u32' },
  inverted: { at: 4, kind: 'u32' },
  checksum: { at: 8, kind: 'u32' },
  sequence: { at: 12, kind: 'u32' },
  index: { at: 16, kind: 'u32' },
  uuid: { at: 20, kind: 'uuid' },
  excluded: { at: 52, kind: 'u32' },
  starting: { at: 56, kind: 'u32' },
  sinceHeartbeat: { at: 60, kind: 'times' },
  sinceStatefile: { at: 316, kind: 'times' },
  sinceRestart: { at: 572, kind: 's32' },
  currentLiveset: { at: 576, kind: 'hosts' },
  proposedLiveset: { at: 584, kind: 'hosts' },
  heartbeatDomain: { at: 592, kind: 'hosts' },
  statefileDomain: { at: 600, kind: 'hosts' },
  lockRequest: { at: 608, kind: 'u32' },
  lockGrant: { at: 612, kind: 'hosts' },
  phase: { at: 620, kind: 'u32' },
  weight: { at: 624, kind: 'u32' },
  end: { at: 628, kind: 'u32' },
} as const;

interface Section<L extends RecordLayout> {
  readonly layout: L;
  readonly signature: number;
  readonly end: number;
  /** The checksum covers the words from here up to the end marker. */
  readonly summedFrom: number;
  readonly endAt: number;
  readonly blockBytes: number;
}

const poolSection: Section<typeof poolLayout> = {
  layout: poolLayout,
  signature: 0x6c6f6f70,
  end: 0x70646e65,
  summedFrom: poolLayout.version.at,
  endAt: poolLayout.end.at,
  blockBytes: poolBlockBytes,
};

const hostSection: Section<typeof hostLayout> = {
  layout: hostLayout,
  signature: 0x74736f68,
  end: 0x68646e65,
  summedFrom: hostLayout.sequence.at,
  endAt: hostLayout.end.at,
  blockBytes: hostBlockBytes,
};

type Framing = 'signature' | 'inverted' | 'checksum' | 'end';

/** The pool's section. `master` is undefined when there is none. */
export interface PoolSection {
  readonly generation: string;
  readonly poolState: PoolState;
  readonly master: string | undefined;
  readonly hostCount: number;
}

/** A host's section. Times are milliseconds, -1 for never. */
export type HostSection = Omit<RecordOf<typeof hostLayout>, Framing | 'excluded' | 'starting' | 'lockRequest'> & {
  readonly excluded: boolean;
  readonly starting: boolean;
  readonly lockRequest: boolean;
};

/** Why a section cannot be read. version: it is of another version of the format. */
export type SectionFault = 'signature' | 'checksum' | 'end' | 'version' | 'index' | 'state';

/** Tells a fault from a section. */
export function isFault(read: unknown): read is SectionFault {
  return typeof read === 'string';
}

/** The original turns the signature over and shifts it as a signed number. */
function invertedOf(signature: number): number {
  return (~signature >> 3) >>> 0;
}

function sumOf<L extends RecordLayout>(section: Section<L>, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = section.summedFrom; at < section.endAt; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0;
  return sum;
}

function writeSection<L extends RecordLayout>(section: Section<L>, record: Omit<RecordOf<L>, Framing>): Uint8Array {
  const bytes = new Uint8Array(section.blockBytes);
  const framing = {
    signature: section.signature,
    inverted: invertedOf(section.signature),
    checksum: 0,
    end: section.end,
  };
  writeRecord(section.layout, { ...record, ...framing } as unknown as RecordOf<L>, bytes);
  new DataView(bytes.buffer).setUint32(8, sumOf(section, bytes), true);
  return bytes;
}

function readSection<L extends RecordLayout>(section: Section<L>, bytes: Uint8Array): RecordOf<L> | SectionFault {
  const record = readRecord(section.layout, bytes) as RecordOf<L> & Readonly<Record<Framing, number>>;
  if (record.signature !== section.signature || record.inverted !== invertedOf(section.signature)) return 'signature';
  if (record.end !== section.end) return 'end';
  if (record.checksum !== sumOf(section, bytes)) return 'checksum';
  return record;
}

const noMaster = '0'.repeat(32);

/** The block of `poolBlockBytes` to be written at the beginning of the file. */
export function writePoolSection(pool: PoolSection): Uint8Array {
  return writeSection(poolSection, {
    version: statefileVersion,
    poolLength: sectionBytes,
    hostLength: sectionBytes,
    maxHosts,
    generation: pool.generation,
    poolState: poolStates.indexOf(pool.poolState),
    master: pool.master ?? noMaster,
    hostCount: pool.hostCount,
  });
}

export function readPoolSection(bytes: Uint8Array): PoolSection | SectionFault {
  const record = readSection(poolSection, bytes);
  if (isFault(record)) return record;
  if (record.version !== statefileVersion) return 'version';
  const poolState = poolStates[record.poolState];
  if (poolState === undefined) return 'state';
  const master = record.master.replaceAll('-', '') === noMaster ? undefined : record.master;
  return { generation: record.generation, poolState, master, hostCount: record.hostCount };
}

/** The block of `hostBlockBytes` to be written at `hostSectionAt(section.index)`. */
export function writeHostSection(section: HostSection): Uint8Array {
  return writeSection(hostSection, {
    ...section,
    excluded: Number(section.excluded),
    starting: Number(section.starting),
    lockRequest: Number(section.lockRequest),
  });
}

export function readHostSection(bytes: Uint8Array, index: number): HostSection | SectionFault {
  const record = readSection(hostSection, bytes);
  if (isFault(record)) return record;
  // A statefile that was just made has the same empty section for every host.
  if (record.index !== index && (record.sequence !== 0 || record.uuid !== '')) return 'index';
  const { signature: _s, inverted: _i, checksum: _c, end: _e, ...rest } = record;
  return {
    ...rest,
    excluded: record.excluded !== 0,
    starting: record.starting !== 0,
    lockRequest: record.lockRequest !== 0,
  };
}

/** The section of a host that has never run. */
export function emptyHostSection(index: number, uuid: string): HostSection {
  return {
    sequence: 0,
    index,
    uuid,
    excluded: false,
    starting: false,
    sinceHeartbeat: [],
    sinceStatefile: [],
    sinceRestart: -1,
    currentLiveset: noHosts,
    proposedLiveset: noHosts,
    heartbeatDomain: noHosts,
    statefileDomain: noHosts,
    lockRequest: false,
    lockGrant: noHosts,
    phase: 0,
    weight: 0,
  };
}
