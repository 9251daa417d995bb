/** Cuts a stream into documents, each of which an empty line follows. */
const newline = 10;
const emptyLine = '\n\n';

export class Documents {
  readonly #most: number;
  readonly #onDocument: (document: Uint8Array) => void;
  readonly #onTooLong: () => void;
  #pieces: Buffer[] = [];
  #length = 0;
  #ended = false;

  /** `most`: bytes of a document. `onTooLong` is called once, and nothing after it. */
  constructor(most: number, onDocument: (document: Uint8Array) => void, onTooLong: () => void) {
    this.#most = most;
    this.#onDocument = onDocument;
    this.#onTooLong = onTooLong;
  }

  add(piece: Uint8Array): void {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    while (rest.byteLength > 0 && !this.#ended) {
      const end = this.#endOfDocument(rest);
      if (end < 0) {
        this.#keep(rest);
        return;
      }
      this.#keep(rest.subarray(0, end));
      rest = rest.subarray(end);
      if (!this.#ended) this.#tell();
    }
  }

  /** Where the document ends in this piece, the empty line included, or -1. */
  #endOfDocument(piece: Buffer): number {
    // A line's end at the beginning makes an empty line with the one before it, or is one when nothing is before it.
    const before = this.#pieces.at(-1)?.at(-1) ?? newline;
    if (before === newline && piece[0] === newline) return 1;
    const at = piece.indexOf(emptyLine);
    return at < 0 ? -1 : at + emptyLine.length;
  }

  #keep(part: Buffer): void {
    this.#length += part.byteLength;
    if (this.#length > this.#most) {
      this.#ended = true;
      this.#pieces = [];
      this.#onTooLong();
    } else this.#pieces.push(part);
  }

  #tell(): void {
    const document = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    // Nothing but empty lines stands between documents that more than one of them follows.
    if (document !== undefined && document.byteLength > 1) this.#onDocument(document);
  }
}
