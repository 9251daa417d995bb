/** Reads HTTP/1.1 replies out of the bytes of one connection. Pure: bytes in, whole replies out. */

export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
  /** The agent closes the connection after this reply. */
  readonly last: boolean;
}

interface Head {
  readonly status: number;
  /** Undefined: chunked. */
  readonly length: number | undefined;
  readonly last: boolean;
}

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error('the answer is not HTTP');
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const last = headers.get('connection')?.toLowerCase() === 'close';
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked')
    return { status: Number(status), length: undefined, last };
  const length = headers.get('content-length') ?? '';
  if (!/^\d+$/.test(length)) throw new Error('the answer does not say how long it is');
  return { status: Number(status), length: Number(length), last };
}

/** One for each connection. Throws Error on bytes that are no reply; then the connection is of no more use. */
export class ReplyReader {
  readonly #maxBytes: number;
  /** Bytes that are not read yet, and how many they are. Joined only when enough are there: a long reply is copied once. */
  #pieces: Buffer[] = [];
  #available = 0;
  #head: Head | undefined;
  /** Parts of a chunked body so far. */
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes bytes as they came; returns the replies that they complete, in order. */
  push(bytes: Buffer): readonly HttpReply[] {
    this.#pieces.push(bytes);
    this.#available += bytes.length;
    const replies: HttpReply[] = [];
    while (this.#available >= this.#needed) {
      const reply = this.#step();
      if (reply === 'more') break;
      if (reply !== 'on') replies.push(reply);
    }
    return replies;
  }

  #joined(): Buffer {
    const only = this.#pieces[0];
    if (this.#pieces.length === 1 && only !== undefined) return only;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #consume(length: number): void {
    const rest = this.#joined().subarray(length);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#available = rest.length;
    this.#needed = 1;
  }

  #assertFits(bytes: number): void {
    if (bytes > this.#maxBytes) throw new Error(`the answer is longer than ${this.#maxBytes} bytes`);
  }

  #wait(bytes: number): 'more' {
    this.#needed = Math.max(bytes, this.#available + 1);
    return 'more';
  }

  #step(): HttpReply | 'more' | 'on' {
    if (this.#head === undefined) {
      const end = this.#joined().indexOf(headEnd);
      if (end < 0) {
        if (this.#available > 65_536) throw new Error('the answer has no end of headers');
        return this.#wait(this.#available + 1);
      }
      this.#head = parseHead(this.#joined().toString('latin1', 0, end));
      this.#consume(end + headEnd.length);
      this.#assertFits(this.#head.length ?? 0);
      return this.#head.length === 0 ? this.#finish(Buffer.alloc(0)) : 'on';
    }
    const { length } = this.#head;
    if (length === undefined) return this.#chunk();
    if (this.#available < length) return this.#wait(length);
    const body = this.#joined().subarray(0, length);
    this.#consume(length);
    return this.#finish(body);
  }

  #chunk(): HttpReply | 'more' | 'on' {
    const bytes = this.#joined();
    const end = bytes.indexOf(lineEnd);
    if (end < 0) {
      if (this.#available > 1024) throw new Error('the answer has a chunk without a size');
      return this.#wait(this.#available + 1);
    }
    const text = bytes.toString('latin1', 0, end).split(';')[0] ?? '';
    if (!/^[0-9a-f]{1,8}$/i.test(text)) throw new Error('the answer has a chunk without a size');
    const size = Number.parseInt(text, 16);
    const whole = end + lineEnd.length + size + lineEnd.length;
    this.#assertFits(this.#chunkBytes + size);
    if (this.#available < whole) return this.#wait(whole);
    const start = end + lineEnd.length;
    // A copy: the joined bytes are let go of.
    const data = Buffer.from(bytes.subarray(start, start + size));
    this.#consume(whole);
    if (size > 0) {
      this.#chunks.push(data);
      this.#chunkBytes += size;
      return 'on';
    }
    const body = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#chunkBytes = 0;
    return this.#finish(body);
  }

  #finish(body: Buffer): HttpReply {
    const { status, last } = this.#head as Head;
    this.#head = undefined;
    return { status, body, last };
  }
}
