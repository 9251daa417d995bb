/** Standard output of one run of a script. */
export class Output {
  readonly #most: number;
  readonly #tooMuch: () => void;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** `tooMuch` is called once, when there are more bytes than that. */
  constructor(most: number, tooMuch: () => void) {
    this.#most = most;
    this.#tooMuch = tooMuch;
  }

  add(piece: Uint8Array): void {
    if (this.#length > this.#most) return;
    this.#length += piece.byteLength;
    if (this.#length <= this.#most) {
      this.#pieces.push(piece);
      return;
    }
    this.#pieces.length = 0;
    this.#tooMuch();
  }

  bytes(): Uint8Array {
    return this.#pieces.length === 1 && this.#pieces[0] !== undefined ? this.#pieces[0] : Buffer.concat(this.#pieces);
  }
}
