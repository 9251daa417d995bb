/** Says which agent answers, from what it answers. */
import type { CheckedFinding, Finding } from '../../doctor/check.ts';
import type { AgentStatus } from '../../service/agent-status.ts';
import { printable } from '../format.ts';
import type { Line, WireRecord } from '../render.ts';
import type { Records } from '../resolver.ts';
import type { Context } from './context.ts';
import { countTroubles } from './doctor.ts';
import { safe } from './objects.ts';

/** How many objects there are of each class that can be listed; classes without any are left out. */
async function countObjects({ catalogue, session }: Context): Promise<ReadonlyMap<string, number>> {
  const names = catalogue.classWords.flatMap((word) => catalogue.className(word) ?? []);
  const listable = names.filter((name) => catalogue.message(name, 'get_all') !== undefined);
  const counts = await Promise.all(
    listable.map(
      async (name) => [name, ((await session.call(`${name}.get_all`)) as readonly string[]).length] as const,
    ),
  );
  return new Map(counts.filter(([, count]) => count > 0));
}

/** What was asked beside the API. */
export interface StatusParts {
  readonly socketPath: string;
  /** Undefined for an agent that does not say. */
  readonly agent: AgentStatus | undefined;
  /** What was found on the machine by quick checks. */
  readonly findings: readonly CheckedFinding[];
}

/** Checks of what a running agent serves, of which everything is shown; of the others only how many found something. */
const shownChecks: ReadonlySet<string> = new Set(['certificate', 'time']);

export async function status(context: Context, { socketPath, agent, findings: all }: StatusParts): Promise<void> {
  const findings = all.filter(({ check }) => shownChecks.has(check));
  const others = all.filter(({ check, state }) => !shownChecks.has(check) && state !== 'ok');
  const { session, options, output } = context;
  const [pools, hosts, counts] = await Promise.all([
    session.call('pool.get_all_records') as Promise<Records>,
    session.call('host.get_all_records') as Promise<Records>,
    countObjects(context),
  ]);
  const pool = Object.values(pools)[0] ?? {};
  const thisHost = String(await session.call('session.get_this_host', session.ref));
  const host = hosts[thisHost] ?? {};
  const version = (host['software_version'] ?? {}) as Readonly<Record<string, string>>;
  const objects = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (options.json) {
    const everything = {
      socket: socketPath,
      agent,
      troubles: troublesOf(agent, findings),
      machine: others,
      pool,
      host,
      objects,
      counts: Object.fromEntries(counts),
    };
    return output.write(`${JSON.stringify(everything, undefined, 2)}\n`);
  }
  const master = hosts[String(pool['master'])];
  const named = (record: WireRecord | undefined): string =>
    record === undefined ? '' : `${printable(text(record, 'name_label'))} (${text(record, 'uuid')})`.trimStart();
  const lines: Line[] = [
    ['agent', `answers on ${agent?.addresses.join(', ') ?? socketPath}`],
    ['up for', agent === undefined ? '' : duration(agent.uptimeMs)],
    ['sessions', agent === undefined ? '' : String(agent.sessions)],
    ['version', [version['product_brand'], version['product_version'] ?? version['xapi']].filter(Boolean).join(' ')],
    ['api', `${String(host['API_version_major'])}.${String(host['API_version_minor'])}`],
    ['pool', named(pool)],
    ['host', named(host)],
    ['address', text(host, 'address')],
    ['coordinator', pool['master'] === thisHost ? 'this host' : named(master)],
    ['hosts', String(Object.keys(hosts).length)],
    ['high availability', pool['ha_enabled'] === true ? 'on' : 'off'],
    ['machine', machineText(others)],
    ['objects', `${objects}: ${[...counts].map(([name, count]) => `${count} ${name}`).join(', ')}`],
  ];
  const shown = lines.filter(([, value]) => value !== '');
  if (options.minimal) return output.write(`${text(host, 'uuid')}\n`);
  output.write(troubleText(context, troublesOf(agent, findings)) + safe(context, alignLeft(shown)));
}

/** How many other findings there are, and the first of the problems. */
function machineText(findings: readonly CheckedFinding[]): string {
  if (findings.length === 0) return '';
  const first = findings.find(({ state }) => state === 'problem');
  const told = first === undefined ? '' : ` ${printable(first.sentence)}`;
  return `${countTroubles(findings)}: quorate doctor tells them.${told}`;
}

/** Problems before warnings. */
function troublesOf(agent: AgentStatus | undefined, findings: readonly CheckedFinding[]): readonly Finding[] {
  const all: readonly Finding[] = [...(agent?.troubles ?? []), ...findings];
  return [...all.filter(({ state }) => state === 'problem'), ...all.filter(({ state }) => state === 'warning')];
}

function troubleText({ output }: Context, troubles: readonly Finding[]): string {
  const { red, yellow, dim } = output.paint;
  const lines = troubles.flatMap(({ state, sentence, wayOut }) => [
    `${state === 'problem' ? red('problem') : yellow('warning')}  ${printable(sentence)}`,
    ...(wayOut === undefined ? [] : [dim(`         ${printable(wayOut)}`)]),
  ]);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}

/** The two largest units, such as `3 days 2 hours`. */
function duration(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  let left = Math.max(ms, 1000);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return parts.slice(0, 2).join(' ');
}

function text(record: WireRecord, field: string): string {
  const value = record[field];
  return typeof value === 'string' ? value : '';
}

function alignLeft(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join('');
}
