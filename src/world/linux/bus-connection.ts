/**
 * One connection to a D-Bus daemon. The only file that knows dbus-next, and it takes only the marshalling from there: the
 * package's own connection loses calls when the daemon goes away, throws out of socket callbacks when it cannot read a
 * message, and ends the process when the greeting is refused.
 */
import { connect, type Socket } from 'node:net';
import { BusError, BusVariant } from '../world.ts';

/** A message as it was read; which fields there are depends on its kind. */
export interface BusMessage {
  readonly kind: 'reply' | 'error' | 'signal' | 'call';
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string;
  readonly serial: number;
  readonly replySerial: number;
  readonly body: readonly unknown[];
}

/** A message to be sent. */
export interface OutgoingMessage {
  readonly type: number;
  readonly destination: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly errorName?: string;
  readonly replySerial?: number;
}

export const messageTypes = { call: 1, reply: 2, error: 3, signal: 4 } as const;
const kinds = { 1: 'call', 2: 'reply', 3: 'error', 4: 'signal' } as const;

export interface ConnectionOptions {
  readonly address: string;
  readonly connectMs: number;
  readonly messageBytes: number;
  /** Called for every message, in order. */
  readonly received: (message: BusMessage) => void;
  /** Called once, when the connection has ended for whatever reason after it was open. */
  readonly ended: (reason: string) => void;
}

/** A connection whose daemon has accepted who we are; the greeting (Hello) is up to the caller. */
export interface BusConnection {
  /** Sends and returns the serial number. @throws BusError `unfit` when the arguments do not fit the signature */
  send(message: OutgoingMessage): number;
  close(): void;
}

type Marshalling = Awaited<ReturnType<typeof loadMarshalling>>;

/** Loaded when there is a bus: an agent is judged by how soon it is ready. */
async function loadMarshalling() {
  const [wire, compat, message, variant] = await Promise.all([
    import('dbus-next/lib/message.js'),
    import('dbus-next/lib/marshall-compat.js'),
    import('dbus-next/lib/message-type.js'),
    import('dbus-next/lib/variant.js'),
  ]);
  return { ...wire.default, ...compat.default, ...message.default, ...variant.default };
}

/** Where to connect: the first address of the list that names a socket of this machine. */
function socketPath(address: string): string | undefined {
  for (const entry of address.split(';')) {
    const [transport, rest = ''] = entry.split(/:(.*)/s);
    if (transport !== 'unix') continue;
    const params = new Map(rest.split(',').map((pair) => pair.split(/=(.*)/s, 2) as [string, string]));
    const path = params.get('path');
    const abstract = params.get('abstract');
    if (path !== undefined) return decodeURIComponent(path);
    if (abstract !== undefined) return `\0${decodeURIComponent(abstract)}`;
  }
  return undefined;
}

/** @throws BusError `absent` when there is nobody to connect to, or who is there is no D-Bus daemon */
export async function openConnection(options: ConnectionOptions): Promise<BusConnection> {
  const path = socketPath(options.address);
  if (path === undefined) throw absent(options, 'it names no Unix socket');
  const socket = connect(path);
  // A socket may fail while nobody waits for it; its end is noticed all the same.
  socket.on('error', () => undefined);
  try {
    await authenticated(socket, options);
    const marshalling = await loadMarshalling();
    if (socket.destroyed) throw absent(options, 'the connection was closed after the greeting');
    return new Connection(socket, marshalling, options);
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

function absent(options: ConnectionOptions, detail: string): BusError {
  return new BusError('absent', `D-Bus at ${options.address}`, detail);
}

/** The first words of the protocol: who we are, and the daemon's consent. */
function authenticated(socket: Socket, options: ConnectionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let line = '';
    const done = (failure: BusError | undefined): void => {
      clearTimeout(timer);
      socket.off('readable', read).off('close', closed).off('connect', greet);
      if (failure !== undefined) reject(failure);
      else {
        socket.off('error', failed);
        resolve();
      }
    };
    const timer = setTimeout(
      () => done(absent(options, `no greeting within ${options.connectMs} ms`)),
      options.connectMs,
    );
    // Stays on after a failure: a socket may fail a second time while it is destroyed.
    const failed = (error: Error): void => done(absent(options, error.message));
    const closed = (): void => done(absent(options, 'the connection was closed before the greeting'));
    const greet = (): void => {
      const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
      socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
    };
    const read = (): void => {
      const piece = socket.read() as Buffer | null;
      line += piece?.toString('latin1') ?? '';
      if (!line.includes('\n') && line.length < 1024) return;
      if (!line.startsWith('OK ')) done(absent(options, `the greeting was refused: ${line.slice(0, 100).trim()}`));
      else {
        socket.write('BEGIN\r\n');
        done(undefined);
      }
    };
    socket.on('connect', greet).on('readable', read).on('error', failed).on('close', closed);
  });
}

class Connection implements BusConnection {
  readonly #socket: Socket;
  readonly #marshalling: Marshalling;
  readonly #options: ConnectionOptions;
  #serial = 0;
  #over = false;

  constructor(socket: Socket, marshalling: Marshalling, options: ConnectionOptions) {
    this.#socket = socket;
    this.#marshalling = marshalling;
    this.#options = options;
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('the daemon closed the connection'));
    this.#read();
  }

  send(message: OutgoingMessage): number {
    this.#serial += 1;
    const serial = this.#serial;
    let bytes: Uint8Array;
    try {
      const marshalling = this.#marshalling;
      const body = (message.body ?? []).map((value) => this.#wrapped(value));
      [bytes] = marshalling.marshallMessage(new marshalling.Message({ ...message, serial, body }));
    } catch (thrown) {
      const what = `${message.interface ?? ''}.${message.member ?? ''}`;
      throw new BusError('unfit', what, thrown instanceof Error ? thrown.message : String(thrown));
    }
    if (this.#over) throw new BusError('lost', 'D-Bus', 'the connection has ended');
    this.#socket.write(bytes);
    return serial;
  }

  close(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  /** Reads through a stand-in for the socket, so that what cannot be read ends the connection and not the process. */
  #read(): void {
    let readable = (): void => {};
    const standIn = {
      on: (_event: 'readable', listener: () => void): void => {
        readable = listener;
      },
      read: (bytes: number): Uint8Array | null => {
        if (bytes > this.#options.messageBytes) throw new Error(`a message of ${bytes} bytes is too long`);
        return this.#over ? null : (this.#socket.read(bytes) as Buffer | null);
      },
    };
    this.#marshalling.unmarshalMessages(standIn, (raw) => this.#receive(raw), {});
    const guarded = (): void => {
      try {
        readable();
      } catch (thrown) {
        this.#end(`a message cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    };
    this.#socket.on('readable', guarded);
    guarded();
  }

  #receive(raw: unknown): void {
    const message = this.#marshalling.messageToJsFmt(raw) as Readonly<Record<string, unknown>>;
    const kind = kinds[message['type'] as keyof typeof kinds];
    // The protocol wants unknown kinds ignored.
    if (kind === undefined) return;
    const text = (name: string): string => (typeof message[name] === 'string' ? message[name] : '');
    this.#options.received({
      kind,
      sender: text('sender'),
      path: text('path'),
      interface: text('interface'),
      member: text('member'),
      errorName: text('errorName'),
      serial: Number(message['serial']),
      replySerial: Number(message['replySerial'] ?? 0),
      body: (message['body'] as readonly unknown[]).map((value) => this.#plain(value)),
    });
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.close();
    this.#options.ended(reason);
  }

  #plain(value: unknown): unknown {
    if (typeof value === 'bigint') return Number(value);
    if (Array.isArray(value)) return value.map((item) => this.#plain(item));
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (value instanceof this.#marshalling.Variant) return this.#plain((value as { readonly value?: unknown }).value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#plain(item)]));
  }

  #wrapped(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#wrapped(item));
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (value instanceof BusVariant) return new this.#marshalling.Variant(value.signature, this.#wrapped(value.value));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#wrapped(item)]));
  }
}
