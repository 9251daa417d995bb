/** `db check|dump|backup|restore`: the stored database as a file. */
import type { DatabaseCommand } from '../command.ts';
import { UsageError } from '../failure.ts';
import { fold, suggestion } from '../names.ts';
import { pairsOf, take } from './pairs.ts';

const actions = ['check', 'dump', 'backup', 'restore'] as const;

/** @throws UsageError */
export function databaseCommand(words: readonly string[]): DatabaseCommand {
  const [given, ...rest] = words;
  const action = actions.find((candidate) => given !== undefined && candidate === fold(given));
  if (action === undefined) {
    const near = given === undefined ? '' : suggestion(given, actions);
    throw new UsageError(`db needs what to do: ${actions.join(', ')}.${near}`, 'db');
  }
  const pairs = pairsOf(rest, 'db');
  const file = take(pairs, 'file');
  const base = { verb: 'db' as const, ...(file === undefined ? {} : { file }) };
  const other = action === 'backup' ? take(pairs, 'to') : action === 'restore' ? take(pairs, 'from') : undefined;
  const extra = pairs[0]?.[0];
  if (extra !== undefined) throw new UsageError(`db ${action} does not take ${extra}=.`, 'db');
  if (action === 'check' || action === 'dump') return { ...base, action };
  if (other === undefined || other === '') {
    throw new UsageError(
      action === 'backup'
        ? 'db backup needs to=, the file to write.'
        : 'db restore needs from=, the dump to read; - is standard input.',
      'db',
    );
  }
  return action === 'backup' ? { ...base, action, to: other } : { ...base, action, from: other };
}
