import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { createLogger, format, transports } from 'winston';
import type { LogFormat } from '../log-details.ts';
import type { Log, LogLevel } from '../world.ts';
import { formatLine, type LogLine, type LogStyle, styleOf } from './log-style.ts';

export interface LogOptions {
  /** Lines of this level and the graver ones are kept. */
  readonly level: LogLevel;
  /** A file that gets the lines too. */
  readonly file?: string;
  /** The file is renamed at this size; `keepFiles` of them are kept. */
  readonly fileBytes?: number;
  readonly keepFiles?: number;
  /** Standard output, unless a test wants the lines. */
  readonly output?: NodeJS.WritableStream;
  readonly style?: LogStyle;
  /** `auto` when not given. */
  readonly format?: LogFormat;
}

export interface LinuxLog extends Log {
  /** From now on lines of this level and the graver ones are kept. */
  setLevel(level: LogLevel): void;
  /** Resolves when all lines are written, or after a while when nobody takes them. Writes nothing afterwards. */
  close(): Promise<void>;
}

const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
/** Lines that wait for a reader who does not read; what is beyond is counted and dropped, because memory is worth more. */
const mostQueuedBytes = 4_194_304;
const longestFlushMs = 2_000;

export function createLog(options: LogOptions): LinuxLog {
  const output = options.output ?? process.stdout;
  const style = options.style ?? styleOf(output, 1, options.format ?? 'auto');
  const bounded = new BoundedOutput(output, style);
  const logger = createLogger({
    level: options.level,
    levels,
    transports: [
      new transports.Stream({ stream: bounded, eol: '\n', format: lineFormat(style) }),
      ...fileTransports(options),
    ],
  });
  // A log that cannot be written must not end the agent.
  logger.on('error', (error: Error) => bounded.complain(error));
  let threshold = levels[options.level];
  let closed = false;

  return {
    get debugOn() {
      return threshold >= levels.debug;
    },
    setLevel(level) {
      threshold = levels[level];
      logger.level = level;
    },
    write(level, event, sentence, details) {
      if (levels[level] > threshold || closed) return;
      const line: LogLine = { level, event, sentence, details, timeMs: Date.now() };
      logger.log({ level, message: sentence, line });
    },
    close: () => {
      closed = true;
      return new Promise((resolve) => {
        const late = setTimeout(resolve, longestFlushMs);
        logger.once('finish', () => {
          output.write('', () => {
            clearTimeout(late);
            resolve();
          });
        });
        logger.end();
      });
    },
  };
}

function lineFormat(style: LogStyle): ReturnType<typeof format.printf> {
  return format.printf((info) => formatLine(style, info['line'] as LogLine));
}

function fileTransports(options: LogOptions): InstanceType<typeof transports.File>[] {
  if (options.file === undefined) return [];
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  const transport = new transports.File({
    filename: options.file,
    maxsize: options.fileBytes ?? 10_485_760,
    maxFiles: options.keepFiles ?? 5,
    tailable: true,
    options: { flags: 'a', mode: 0o600 },
    format: lineFormat(options.format === 'json' ? 'json' : 'plain'),
  });
  return [transport];
}

/** Passes lines on while somebody takes them. */
class BoundedOutput extends Writable {
  readonly #output: NodeJS.WritableStream;
  readonly #style: LogStyle;
  #dropped = 0;

  constructor(output: NodeJS.WritableStream, style: LogStyle) {
    super({ decodeStrings: false });
    this.#output = output;
    this.#style = style;
    // The reader of a pipe may go away; the agent stays.
    output.on('error', () => undefined);
  }

  override _write(line: string | Buffer, _encoding: string, taken: () => void): void {
    const queued = (this.#output as Partial<Writable>).writableLength ?? 0;
    if (queued > mostQueuedBytes) {
      this.#dropped++;
    } else {
      if (this.#dropped > 0) {
        this.#say('log-lines-dropped', `${this.#dropped} lines were dropped because nobody took them`);
        this.#dropped = 0;
      }
      this.#output.write(line);
    }
    taken();
  }

  complain(error: Error): void {
    this.#say('log-file-failed', `A log line could not be written: ${error.message}`);
  }

  #say(event: string, sentence: string): void {
    const line: LogLine = { level: 'warn', event, sentence, details: undefined, timeMs: Date.now() };
    this.#output.write(`${formatLine(this.#style, line)}\n`);
  }
}
