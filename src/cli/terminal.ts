/** Standard output and standard error of this process, with colour where a person looks at them. */
import { styleText } from 'node:util';
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
