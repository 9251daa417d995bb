import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A client that sends the bytes it is told and nothing else. */
export class RawClient {
  readonly socket: Socket;
  /** Everything that came so far. */
  received = Buffer.alloc(0);
  ended = false;
  #wake: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.received = Buffer.concat([this.received, piece]);
      this.#woken();
    });
    const over = (): void => {
      this.ended = true;
      this.#woken();
    };
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', over);
  }

  static async unix(path: string): Promise<RawClient> {
    const client = new RawClient(connectTcp({ path, allowHalfOpen: true }));
    await connected(client, 'connect');
    return client;
  }

  static async tls(address: string): Promise<RawClient> {
    const { hostname, port } = new URL(`https://${address}`);
    const client = new RawClient(connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false }));
    await connected(client, 'secureConnect');
    return client;
  }

  send(bytes: string | Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** The next whole reply; undefined when the connection ended before it. */
  async reply(): Promise<RawReply | undefined> {
    for (;;) {
      const found = this.#take();
      if (found !== undefined || this.ended) return found;
      await this.change();
    }
  }

  /** Resolves when the server has ended the connection. */
  async end(): Promise<void> {
    while (!this.ended) await this.change();
  }

  /** Resolves when something came, or the connection ended. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  #woken(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const one of wake) one();
  }

  #take(): RawReply | undefined {
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = this.received.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const start = end + 4;
    const length = Number(headers['content-length'] ?? 0);
    if (this.received.length < start + length) return undefined;
    const body = this.received.subarray(start, start + length).toString();
    this.received = this.received.subarray(start + length);
    return { status: Number(first.split(' ')[1]), headers, body };
  }
}

async function connected(client: RawClient, event: 'connect' | 'secureConnect'): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.socket.once(event, resolve);
    client.socket.once('error', reject);
    client.socket.once('close', () => reject(new Error('closed before it was open')));
  });
}

/** The bytes of a POST with a body. */
export function postBytes(body: string, path = '/', headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
