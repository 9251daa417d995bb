import { fstatSync } from 'node:fs';
import { detailText, type LogFormat, safeDetails } from '../log-details.ts';
import type { LogLevel } from '../world.ts';

/**
 * `journal`: priority prefixes for systemd, which adds the time itself. `terminal`: for eyes. `plain`: with the whole time.
 * `json`: one object a line; `journal-json`: with a priority prefix before it.
 */
export type LogStyle = 'journal' | 'terminal' | 'plain' | 'json' | 'journal-json';

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
  if (style === 'json') return jsonLine(line);
  if (style === 'journal-json') return `<${priorities[line.level]}>${jsonLine(line)}`;
  const details = line.details === undefined ? '' : detailText(safeDetails(line.details));
  const text = oneLine(`${line.sentence}${details}`);
  const time = new Date(line.timeMs).toISOString();
  if (style === 'journal') return `<${priorities[line.level]}>${line.event}: ${text}`;
  if (style === 'plain') return `${time} ${line.level} ${line.event}: ${text}`;
  return `${time.slice(11, 23)} \u001B[${colours[line.level]}m${line.level.padEnd(5)}\u001B[0m ${line.event}: ${text}`;
}

/** The details have a place of their own, so that none of them is taken for the time or the level. */
function jsonLine({ level, event, sentence, details, timeMs }: LogLine): string {
  const head = { time: new Date(timeMs).toISOString(), level, event };
  const whole = details === undefined ? { ...head, sentence } : { ...head, sentence, details: safeDetails(details) };
  const text = JSON.stringify(whole);
  const fits =
    text.length <= longestLine
      ? text
      : JSON.stringify({ ...head, sentence: sentence.slice(0, longestLine / 8), cut: true });
  // What JSON leaves as it is could still command a terminal. The strings are the only place for it.
  return fits.replaceAll(/[\u007f-\u009f\u2028\u2029]/g, escapeCharacter);
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
export function styleOf(
  output: NodeJS.WritableStream & { readonly isTTY?: boolean },
  fd: number,
  format: LogFormat,
): LogStyle {
  const stream = process.env['JOURNAL_STREAM'];
  if (stream !== undefined) {
    const { dev, ino } = fstatSync(fd);
    if (stream === `${dev}:${ino}`) return format === 'json' ? 'journal-json' : 'journal';
  }
  if (format === 'json') return 'json';
  return format === 'auto' && output.isTTY === true ? 'terminal' : 'plain';
}
