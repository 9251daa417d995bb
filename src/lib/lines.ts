/** Cuts a stream into lines; of a line that is too long the rest is thrown away. */
export class Lines {
  readonly #most: number;
  readonly #onLine: (line: string) => void;
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** `most`: bytes of a line that are kept. */
  constructor(most: number, onLine: (line: string) => void) {
    this.#most = most;
    this.#onLine = onLine;
  }

  add(piece: Uint8Array): void {
    let from = 0;
    for (;;) {
      const at = piece.indexOf(10, from);
      this.#keep(piece.subarray(from, at < 0 ? undefined : at));
      if (at < 0) return;
      this.#tell();
      from = at + 1;
    }
  }

  /** The stream has ended; what came after the last line's end is a line too. */
  end(): void {
    if (this.#length > 0) this.#tell();
  }

  #keep(part: Uint8Array): void {
    const room = this.#most - this.#length;
    if (room <= 0 || part.byteLength === 0) return;
    this.#pieces.push(part.subarray(0, room));
    this.#length += Math.min(room, part.byteLength);
  }

  #tell(): void {
    const line = Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    this.#onLine(line);
  }
}
