/**
 * Frames of the log journal: mark, length of the payload, CRC-32 of all that follows it, how much of the file was known
 * to be on disk when the frame was written, payload. Little-endian.
 *
 * The last but one number tells a torn write from damage: bytes that were never on disk may be anything after a crash,
 * but when a later frame says that the bad place was already safe, something has destroyed it.
 */
import { crc32 } from '../lib/crc32.ts';

const mark = 0x47_4f_4c_51;
const headBytes = 20;
/** The CRC covers everything from here on. */
const checkedFrom = 12;

export type LogRecord =
  | { readonly kind: 'head'; readonly schemaVersion: number }
  | { readonly kind: 'ceiling'; readonly ceiling: number }
  | {
      readonly kind: 'delta';
      readonly generation: number;
      /** class, ref, fields; fields null is a removal. */
      readonly changes: readonly (string | null)[];
    };

export function encodeFrame(record: LogRecord, durableBytes: number): Uint8Array {
  const payload = Buffer.from(JSON.stringify(record));
  const frame = Buffer.alloc(headBytes + payload.length);
  frame.writeUInt32LE(mark, 0);
  frame.writeUInt32LE(payload.length, 4);
  frame.writeBigUInt64LE(BigInt(durableBytes), checkedFrom);
  frame.set(payload, headBytes);
  frame.writeUInt32LE(crc32(frame.subarray(checkedFrom)), 8);
  return frame;
}

interface Frame {
  readonly record: LogRecord;
  readonly durableBytes: number;
  readonly end: number;
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + headBytes > bytes.length || bytes.readUInt32LE(at) !== mark) return undefined;
  const end = at + headBytes + bytes.readUInt32LE(at + 4);
  if (end > bytes.length) return undefined;
  if (crc32(bytes.subarray(at + checkedFrom, end)) !== bytes.readUInt32LE(at + 8)) return undefined;
  const durableBytes = Number(bytes.readBigUInt64LE(at + checkedFrom));
  return { record: JSON.parse(bytes.toString('utf8', at + headBytes, end)) as LogRecord, durableBytes, end };
}

export interface LogContents {
  readonly records: readonly LogRecord[];
  /** Where the good part ends; what follows was never acknowledged. */
  readonly soundBytes: number;
  /** Where something that had been safe is no longer; undefined when all is well. */
  readonly damagedAt: number | undefined;
}

export function readFrames(contents: Uint8Array): LogContents {
  const bytes = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength);
  const records: LogRecord[] = [];
  let at = 0;
  for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
    records.push(frame.record);
    at = frame.end;
  }
  return { records, soundBytes: at, damagedAt: safeBeyond(bytes, at) ? at : undefined };
}

/** Whether a frame somewhere after `at` says that `at` was on disk already. */
function safeBeyond(bytes: Buffer, at: number): boolean {
  const needle = Buffer.alloc(4);
  needle.writeUInt32LE(mark, 0);
  for (let found = bytes.indexOf(needle, at + 1); found >= 0; found = bytes.indexOf(needle, found + 1)) {
    const frame = frameAt(bytes, found);
    if (frame !== undefined && frame.durableBytes > at) return true;
  }
  return false;
}
