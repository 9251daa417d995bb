import { fstatSync } from 'node:fs';
import { detailText, safeDetails } from '../log-details.ts';
import type { LogLevel } from '../world.ts';

/** `journal`: priority prefixes for systemd, which adds the time itself. `terminal`: for eyes. `plain`: with the whole time. */
export type LogStyle = 'journal' | 'terminal' | 'plain';

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly sentence: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly timeMs: number;
}

const longestLine = 16_384;
const priorities: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };
const colours: Readonly<Record<LogLevel, number>> = { error: 31, warn: 33, info: 36, debug: 90 };

/** One line without its end. */
export function formatLine(style: LogStyle, line: LogLine): string {
  const details = line.details === undefined ? '' : detailText(safeDetails(line.details));
  const text = oneLine(`${line.sentence}${details}`);
  const time = new Date(line.timeMs).toISOString();
  if (style === 'journal') return `<${priorities[line.level]}>${line.event}: ${text}`;
  if (style === 'plain') return `${time} ${line.level} ${line.event}: ${text}`;
  return `${time.slice(11, 23)} \u001B[${colours[line.level]}m${line.level.padEnd(5)}\u001B[0m ${line.event}: ${text}`;
}

/** No text can end the line, start another one, or command a terminal. */
function oneLine(text: string): string {
  const cut = text.length > longestLine ? `${text.slice(0, longestLine)}… (${text.length} characters)` : text;
  return cut.replaceAll(/\p{Cc}|[\u2028\u2029]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return ' ';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** systemd names the device and inode of the stream that it reads; an inherited variable alone would prove nothing. */
export function styleOf(output: NodeJS.WritableStream & { readonly isTTY?: boolean }, fd: number): LogStyle {
  const stream = process.env['JOURNAL_STREAM'];
  if (stream !== undefined) {
    const { dev, ino } = fstatSync(fd);
    if (stream === `${dev}:${ino}`) return 'journal';
  }
  return output.isTTY === true ? 'terminal' : 'plain';
}
