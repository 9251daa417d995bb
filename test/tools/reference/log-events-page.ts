/** The page of log events. */
import { logEvents } from '../../../src/lib/log-events.ts';
import { code, page, table } from './markdown.ts';

export function logEventsPage(): string {
  return page('Log events', [
    'Each line of the log begins with the name of an event. The names stay as they are; the sentences behind them may be put better.',
    'Look for one with `journalctl --unit=quorated --grep=^database-not-writable`.',
    table(
      ['event', 'what it means'],
      Object.entries(logEvents).map(([name, meaning]) => [code(name), meaning]),
    ),
  ]);
}
