/** Standard output and standard error of this process, with colour where a person looks at them. */
import { getSystemErrorMap, styleText } from 'node:util';
import { CommandFailure, OutputClosed } from './failure.ts';
import type { GlobalOptions } from './options.ts';
import type { Output, Paint } from './run/context.ts';

const plain: Paint = { bold: String, dim: String, red: String, green: String, yellow: String };

function paintOf(options: GlobalOptions, stream: NodeJS.WriteStream): Paint {
  const { NO_COLOR, TERM } = process.env;
  if (!options.color || options.json || !stream.isTTY || (NO_COLOR ?? '') !== '' || TERM === 'dumb') return plain;
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { validateStream: false });
  return { bold: style('bold'), dim: style('dim'), red: style('red'), green: style('green'), yellow: style('yellow') };
}

/** The output of a process. */
export function terminalOutput(options: GlobalOptions): Output {
  const { stdout, stderr } = process;
  return {
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
    notesOnTerminal: stderr.isTTY,
    paint: paintOf(options, stdout),
    paintNotes: paintOf(options, stderr),
  };
}

/** Why nothing more can be written: whoever read has closed it, or a sentence such as that the disk is full. */
export function outputLost(error: Error): OutputClosed | CommandFailure {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE') return new OutputClosed();
  const meaning = errno === undefined ? error.message : (getSystemErrorMap().get(errno)?.[1] ?? error.message);
  return new CommandFailure(`cannot write: ${meaning.slice(0, 1).toUpperCase()}${meaning.slice(1)}`);
}

/** Resolves when all that was written has gone out. @throws OutputClosed or CommandFailure when some of it has not. */
export async function assertWritten(): Promise<void> {
  const { stdout } = process;
  const failed = await new Promise<Error | null | undefined>((resolve) => void stdout.write('', resolve));
  const error = stdout.errored ?? failed;
  if (error !== null && error !== undefined) throw outputLost(error);
}
