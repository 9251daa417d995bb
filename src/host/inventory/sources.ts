/** Where facts come from: files that the kernel shows and programs that may be missing, hang or print nonsense. */
import { FileError, type Files, type Log, type Programs } from '../../world/world.ts';

export interface SourceLimits {
  readonly inventoryToolMs: number;
  readonly inventoryToolBytes: number;
  readonly inventoryFileBytes: number;
}

export interface SourcesOptions {
  readonly world: { readonly files: Files; readonly programs: Programs; readonly log: Log };
  readonly limits: SourceLimits;
}

/**
 * Reads files and runs tools. What cannot be had is undefined, never an error: the fields that would come from it stay
 * as they are. Each source is complained about once, and again only when its complaint changes or it works again.
 */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #complaints = new Map<string, string>();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** What cannot be had at the moment, and why. */
  get lost(): readonly { readonly source: string; readonly reason: string }[] {
    return [...this.#complaints].map(([source, reason]) => ({ source, reason }));
  }

  /** Text of a file; undefined when it is not there or cannot be read. */
  async file(path: string): Promise<string | undefined> {
    const contents = await this.bytes(path);
    return contents === undefined ? undefined : new TextDecoder().decode(contents);
  }

  /** Contents of a file that is no text; undefined when it is not there or cannot be read. */
  async bytes(path: string): Promise<Uint8Array | undefined> {
    const { world, limits } = this.#options;
    try {
      return await world.files.read(path, limits.inventoryFileBytes);
    } catch (thrown) {
      if (thrown instanceof FileError) return undefined;
      throw thrown;
    }
  }

  /** The same for a file that every machine has: what `parse` cannot read is complained about. */
  async kernelFile<T>(path: string, parse: (text: string) => T | undefined): Promise<T | undefined> {
    const text = await this.file(path);
    const value = text === undefined ? undefined : parse(text);
    if (value !== undefined) this.#works(path);
    else this.#complain(path, text === undefined ? 'it cannot be read' : 'its contents are not understood');
    return value;
  }

  /** What a symbolic link says; undefined when there is none. */
  async link(path: string): Promise<string | undefined> {
    try {
      return await this.#options.world.files.link(path);
    } catch (thrown) {
      if (thrown instanceof FileError) return undefined;
      throw thrown;
    }
  }

  /** Names in a directory; none when it is not there. */
  async list(path: string): Promise<readonly string[]> {
    try {
      return await this.#options.world.files.list(path);
    } catch (thrown) {
      if (thrown instanceof FileError) return [];
      throw thrown;
    }
  }

  /** What `parse` reads out of a tool's output; undefined when the tool is missing, fails, hangs or prints something else. */
  async tool<T>(
    program: string,
    args: readonly string[],
    parse: (text: string) => T | undefined,
  ): Promise<T | undefined> {
    const { world, limits } = this.#options;
    const name = [program, ...args].join(' ');
    let value: T | undefined;
    let complaint: string;
    try {
      const result = await world.programs.run(program, args, {
        timeoutMs: limits.inventoryToolMs,
        maxOutputBytes: limits.inventoryToolBytes,
      });
      if (result.timedOut) complaint = `it did not end within ${limits.inventoryToolMs} ms`;
      else if (result.truncated) complaint = `it printed more than ${limits.inventoryToolBytes} bytes`;
      else if (result.exitCode !== 0) complaint = `it ended with ${result.exitCode ?? result.signal ?? 'nothing'}`;
      else {
        value = parse(result.stdout);
        complaint = 'its output is not understood';
      }
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
      complaint = thrown.code === 'not-found' ? absent : thrown.message;
    }
    if (value === undefined) this.#complain(name, complaint);
    else this.#works(name);
    return value;
  }

  /** What somebody else found out of the machine; undefined when that came to nothing, or `signal` ended it. */
  async told<T>(source: string, ask: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      const value = await ask();
      this.#works(source);
      return value;
    } catch (thrown) {
      if (signal.aborted) return undefined;
      if (!(thrown instanceof FileError)) throw thrown;
      this.#complain(source, thrown.message);
      return undefined;
    }
  }

  /** Says once that a source is lost. */
  #complain(source: string, reason: string): void {
    if (this.#complaints.get(source) === reason) return;
    this.#complaints.set(source, reason);
    const sentence = `What "${source}" tells is missing from the inventory: ${reason}.`;
    this.#options.world.log.write(reason === absent ? 'info' : 'warn', 'inventory-source-lost', sentence, {
      source,
      reason,
    });
  }

  #works(source: string): void {
    if (!this.#complaints.delete(source)) return;
    this.#options.world.log.write(
      'info',
      'inventory-source-back',
      `"${source}" tells its part of the inventory again.`,
      {
        source,
      },
    );
  }
}

const absent = 'it is not installed';
