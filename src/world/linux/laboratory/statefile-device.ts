import { closeSync, openSync, read, writeFileSync, writeSync } from 'node:fs';
import type { StatefileState } from '../../../conformance/laboratory.ts';
import { systemCode } from '../file-errors.ts';
import { execute } from './execute.ts';
import {
  attributesBody,
  errors,
  type FuseRequest,
  initBody,
  opcodes,
  openBody,
  readRequest,
  reply,
  requestBytes,
  statfsBody,
  writtenBody,
} from './fuse-protocol.ts';
import type { SharedDisk } from './shared-disk.ts';

/** How one host sees the shared disk: a file of its own over FUSE, so that it alone can lose it. */
export class StatefileDevice {
  readonly path: string;
  readonly #descriptor: number;
  readonly #disk: SharedDisk;
  readonly #buffer = Buffer.alloc(requestBytes);
  #state: StatefileState = 'good';
  #slowMs = 0;
  #held: FuseRequest[] = [];
  #slow = new Map<NodeJS.Timeout, FuseRequest>();
  /** Called when a process that waits for the disk got a signal. */
  onInterrupt: () => void = () => undefined;

  private constructor(path: string, descriptor: number, disk: SharedDisk) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#disk = disk;
  }

  static async mount(mountProgram: string, path: string, disk: SharedDisk): Promise<StatefileDevice> {
    writeFileSync(path, '');
    const descriptor = openSync('/dev/fuse', 'r+');
    const options = 'fd=3,rootmode=100600,user_id=0,group_id=0,allow_other';
    await execute(mountProgram, ['-i', '-t', 'fuse', '-o', options, 'statefile', path], { descriptor });
    const device = new StatefileDevice(path, descriptor, disk);
    device.#next();
    return device;
  }

  setState(state: StatefileState, slowMs: number): void {
    this.#state = state;
    this.#slowMs = slowMs;
    if (state === 'hung') return;
    const held = this.#held;
    this.#held = [];
    for (const request of held) this.#access(request);
  }

  /** The host has died: what it had on its way is answered with an error, and nothing of it reaches the disk. */
  dropWaiting(): void {
    const waiting = [...this.#held, ...this.#slow.values()];
    for (const timer of this.#slow.keys()) clearTimeout(timer);
    this.#held = [];
    this.#slow.clear();
    for (const { unique } of waiting) this.#answer(unique, errors.io);
  }

  /** The kernel ends every access that still waits. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #next(): void {
    read(this.#descriptor, this.#buffer, 0, requestBytes, null, (error, length) => {
      // Interrupted before it was read, or unmounted.
      if (error !== null && systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EINTR') return;
      if (error === null) this.#take(readRequest(this.#buffer.subarray(0, length)));
      this.#next();
    });
  }

  #take(request: FuseRequest): void {
    const { opcode, unique } = request;
    if (opcode === opcodes.init) this.#answer(unique, errors.none, initBody());
    else if (opcode === opcodes.getattr) this.#answer(unique, errors.none, attributesBody(this.#disk.length));
    else if (opcode === opcodes.statfs) this.#answer(unique, errors.none, statfsBody(this.#disk.capacity));
    else if (opcode === opcodes.release || opcode === opcodes.flush || opcode === opcodes.destroy)
      this.#answer(unique, errors.none);
    else if (opcode === opcodes.interrupt) this.onInterrupt();
    else if (opcode === opcodes.forget || opcode === opcodes.batchForget) return;
    else this.#access(request);
  }

  /** Everything that needs the disk, and suffers with it. */
  #access(request: FuseRequest): void {
    if (this.#state === 'hung') this.#held.push(request);
    else if (this.#state === 'slow') {
      const timer = setTimeout(() => {
        this.#slow.delete(timer);
        this.#carryOut(request);
      }, this.#slowMs);
      this.#slow.set(timer, request);
    } else this.#carryOut(request);
  }

  #carryOut(request: FuseRequest): void {
    const { opcode, unique } = request;
    if (this.#state === 'lost') this.#answer(unique, errors.io);
    else if (opcode === opcodes.open) this.#answer(unique, errors.none, openBody());
    else if (opcode === opcodes.read)
      this.#answer(unique, errors.none, this.#disk.read(request.offset, request.length));
    else if (opcode === opcodes.write) {
      const written = this.#disk.write(request.offset, request.data);
      if (written === 0 && request.length > 0) this.#answer(unique, errors.noSpace);
      else this.#answer(unique, errors.none, writtenBody(written));
    } else if (opcode === opcodes.fsync) this.#answer(unique, errors.none);
    else if (opcode === opcodes.setattr) {
      if (request.newSize !== undefined) this.#disk.truncate(request.newSize);
      this.#answer(unique, errors.none, attributesBody(this.#disk.length));
    } else this.#answer(unique, errors.noFunction);
  }

  #answer(unique: bigint, error: number, body?: Uint8Array): void {
    try {
      writeSync(this.#descriptor, reply(unique, error, body));
    } catch (failure) {
      // Who asked is not there any more.
      if (systemCode(failure) !== 'ENOENT' && systemCode(failure) !== 'ENODEV') throw failure;
    }
  }
}
