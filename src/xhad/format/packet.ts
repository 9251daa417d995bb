/** Heartbeat packets as they are on the wire: the original's 744 bytes. */
import { type RecordOf, readRecord, writeRecord } from './record.ts';

export const packetBytes = 744;
const signature = 0x68616878;

/** Longest text that a packet carries about what is wrong with the agent, without its end. */
const errorTextLength = 100;

const layout = {
  signature: { at: 0, kind: 'u32' },
  checksum: { at: 4, kind: 'u32' },
  sequence: { at: 8, kind: 'u32' },
  size: { at: 12, kind: 'u32' },
  generation: { at: 16, kind: 'uuid' },
  sender: { at: 48, kind: 'uuid' },
  index: { at: 80, kind: 'u32' },
  currentLiveset: { at: 84, kind: 'hosts' },
  proposedLiveset: { at: 92, kind: 'hosts' },
  heartbeatDomain: { at: 100, kind: 'hosts' },
  statefileDomain: { at: 108, kind: 'hosts' },
  sinceHeartbeat: { at: 116, kind: 'times' },
  sinceStatefile: { at: 372, kind: 'times' },
  sinceRestart: { at: 628, kind: 's32' },
  phase: { at: 632, kind: 'u32' },
  errorText: { at: 636, kind: 'text', length: errorTextLength + 1 },
  statefileAccess: { at: 737, kind: 'flag' },
  statefileCorrupted: { at: 738, kind: 'flag' },
  accelerate: { at: 739, kind: 'flag' },
  fenceRequest: { at: 740, kind: 'flag' },
  withoutStatefile: { at: 741, kind: 'flag' },
  joining: { at: 742, kind: 'flag' },
} as const;

type Layout = RecordOf<typeof layout>;

/**
 * One heartbeat. Times are milliseconds, -1 for never. `withoutStatefile`: the sender lives by survival rule 2, in which nobody reaches the
 * statefile. `accelerate`: it asks the others to go over the statefile faster.
 */
export type Packet = Omit<Layout, 'signature' | 'checksum' | 'size'>;

/** Why a packet is not one. */
export type PacketFault = 'length' | 'signature' | 'size' | 'index';

export function writePacket(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(packetBytes);
  // The original never computes a checksum and never looks at it.
  writeRecord(layout, { ...packet, signature, checksum: 0, size: packetBytes }, bytes);
  return bytes;
}

export function readPacket(bytes: Uint8Array, hostCount: number): Packet | PacketFault {
  if (bytes.byteLength !== packetBytes) return 'length';
  const { signature: found, checksum: _unused, size, ...packet } = readRecord(layout, bytes);
  if (found !== signature) return 'signature';
  if (size !== packetBytes) return 'size';
  if (packet.index >= hostCount) return 'index';
  return packet;
}
