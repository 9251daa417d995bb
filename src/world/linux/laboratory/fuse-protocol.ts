/**
 * As much of the kernel's FUSE protocol as a file system needs that is one single file: its root is the file. Numbers are in the
 * byte order of the machine, which is little endian on both that are supported.
 */

export const opcodes = {
  forget: 2,
  getattr: 3,
  setattr: 4,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  flush: 25,
  init: 26,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
} as const;

export const errors = { none: 0, io: 5, notPermitted: 1, noSpace: 28, noFunction: 38 } as const;

/** The most that one write carries; the buffer for requests has room for it and a header. */
export const mostWriteBytes = 131_072;
export const requestBytes = mostWriteBytes + 65_536;

const headerBytes = 40;
/** In `valid` of SETATTR: the size is to change. */
const sizeIsValid = 1 << 3;
/** Neither reads nor writes go through the page cache, as with O_DIRECT. */
const directIo = 1;

export interface FuseRequest {
  readonly opcode: number;
  readonly unique: bigint;
  /** Of a read or a write. */
  readonly offset: number;
  readonly length: number;
  /** Of a write. */
  readonly data: Buffer;
  /** The size that SETATTR asks for. */
  readonly newSize: number | undefined;
}

/** Copies what it needs, so that the buffer can be used for the next request. */
export function readRequest(buffer: Buffer): FuseRequest {
  const opcode = buffer.readUInt32LE(4);
  const moves = opcode === opcodes.read || opcode === opcodes.write;
  const length = moves ? buffer.readUInt32LE(headerBytes + 16) : 0;
  const dataStart = headerBytes + 40;
  const sets = opcode === opcodes.setattr && (buffer.readUInt32LE(headerBytes) & sizeIsValid) !== 0;
  return {
    opcode,
    unique: buffer.readBigUInt64LE(8),
    offset: moves ? Number(buffer.readBigUInt64LE(headerBytes + 8)) : 0,
    length,
    data: opcode === opcodes.write ? Buffer.from(buffer.subarray(dataStart, dataStart + length)) : Buffer.alloc(0),
    newSize: sets ? Number(buffer.readBigUInt64LE(headerBytes + 16)) : undefined,
  };
}

export function reply(unique: bigint, error: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const whole = Buffer.alloc(16 + body.byteLength);
  whole.writeUInt32LE(whole.byteLength, 0);
  whole.writeInt32LE(-error, 4);
  whole.writeBigUInt64LE(unique, 8);
  whole.set(body, 16);
  return whole;
}

export function initBody(): Buffer {
  const body = Buffer.alloc(64);
  body.writeUInt32LE(7, 0);
  body.writeUInt32LE(31, 4);
  body.writeUInt32LE(mostWriteBytes, 8);
  body.writeUInt16LE(16, 16);
  body.writeUInt16LE(12, 18);
  body.writeUInt32LE(mostWriteBytes, 20);
  body.writeUInt32LE(1, 24);
  body.writeUInt16LE(mostWriteBytes / 4096, 28);
  return body;
}

/** Attributes that may not be cached: another host may have changed the size. */
export function attributesBody(size: number): Buffer {
  const body = Buffer.alloc(104);
  body.writeBigUInt64LE(1n, 16);
  body.writeBigUInt64LE(BigInt(size), 24);
  body.writeBigUInt64LE(BigInt(Math.ceil(size / 512)), 32);
  body.writeUInt32LE(0o100600, 76);
  body.writeUInt32LE(1, 80);
  body.writeUInt32LE(4096, 96);
  return body;
}

export function openBody(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(directIo, 8);
  return body;
}

export function writtenBody(length: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32LE(length, 0);
  return body;
}

export function statfsBody(capacity: number): Buffer {
  const body = Buffer.alloc(80);
  body.writeBigUInt64LE(BigInt(Math.ceil(capacity / 4096)), 0);
  body.writeUInt32LE(4096, 40);
  body.writeUInt32LE(255, 44);
  body.writeUInt32LE(4096, 48);
  return body;
}
