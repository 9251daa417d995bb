/** A buffer that grows while text is written to it, and is used again. */

/** What it begins with, and goes back to after something much larger. */
const usualBytes = 16_384;

export class Bytes {
  /** Written up to `at`. A larger one takes its place when `reserve` needs it. */
  buffer: Buffer = Buffer.allocUnsafeSlow(usualBytes);
  at = 0;

  /** Makes room for this many more bytes. */
  reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  /** Writes text as UTF-8, as it is. */
  text(text: string): void {
    // No unit of UTF-16 needs more than three bytes; only when that many may not be there are they counted.
    if (this.at + text.length * 3 > this.buffer.length) this.reserve(Buffer.byteLength(text));
    this.at += this.buffer.write(text, this.at);
  }

  /** Writes bytes that are UTF-8 already. */
  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Everything since `from`, as a copy of its own. */
  copy(from = 0): Uint8Array {
    return Buffer.from(this.buffer.subarray(from, this.at));
  }

  toString(): string {
    return this.buffer.toString('utf8', 0, this.at);
  }

  /** Starts over. What `copy` gave out stays as it is. */
  clear(): void {
    this.at = 0;
    if (this.buffer.length > usualBytes * 256) this.buffer = Buffer.allocUnsafeSlow(usualBytes);
  }
}
