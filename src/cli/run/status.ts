/** Says which agent answers, from what it answers. */
import { printable } from '../format.ts';
import type { Line, WireRecord } from '../render.ts';
import type { Records } from '../resolver.ts';
import type { Context } from './context.ts';
import { safe } from './objects.ts';
import { takeEvents } from './task.ts';

interface Counted {
  readonly valid_ref_counts?: Readonly<Record<string, number>>;
}

export async function status(context: Context, socket: string): Promise<void> {
  const { session, options, output } = context;
  const [pools, hosts, batch] = await Promise.all([
    session.call('pool.get_all_records') as Promise<Records>,
    session.call('host.get_all_records') as Promise<Records>,
    // Every answer to event.from tells how many objects there are of each class.
    takeEvents(context, ['pool'], ''),
  ]);
  const counts = (batch as Counted).valid_ref_counts ?? {};
  const pool = Object.values(pools)[0] ?? {};
  const thisHost = String(await session.call('session.get_this_host', session.ref));
  const host = hosts[thisHost] ?? {};
  const version = (host['software_version'] ?? {}) as Readonly<Record<string, string>>;
  const objects = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (options.json) {
    const all = { socket, pool, host, counts, objects };
    return output.write(`${JSON.stringify(all, undefined, 2)}\n`);
  }
  const master = hosts[String(pool['master'])];
  const named = (record: WireRecord | undefined): string =>
    record === undefined ? '' : `${printable(text(record, 'name_label'))} (${text(record, 'uuid')})`.trimStart();
  const lines: Line[] = [
    ['agent', `answers on ${socket}`],
    ['version', [version['product_brand'], version['product_version'] ?? version['xapi']].filter(Boolean).join(' ')],
    ['api', `${String(host['API_version_major'])}.${String(host['API_version_minor'])}`],
    ['pool', named(pool)],
    ['host', named(host)],
    ['address', text(host, 'address')],
    ['coordinator', pool['master'] === thisHost ? 'this host' : named(master)],
    ['hosts', String(Object.keys(hosts).length)],
    ['high availability', pool['ha_enabled'] === true ? 'on' : 'off'],
    ['objects', String(objects)],
  ];
  const sessions = counts['session'];
  if (sessions !== undefined) lines.push(['sessions', String(sessions)]);
  const shown = lines.filter(([, value]) => value !== '');
  if (options.minimal) return output.write(`${text(host, 'uuid')}\n`);
  output.write(safe(context, alignLeft(shown)));
}

function text(record: WireRecord, field: string): string {
  const value = record[field];
  return typeof value === 'string' ? value : '';
}

function alignLeft(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join('');
}
