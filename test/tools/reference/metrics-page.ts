/** The page of figures: what is archived, what Prometheus gets, and where both are asked for. */
import { type HttpActionName, httpActions, httpPermission } from '../../../src/datamodel/index.ts';
import { spans, stepSeconds } from '../../../src/host/metrics/archive-shape.ts';
import { agentFigures, type ExportedAgentFigure } from '../../../src/host/metrics/exposition.ts';
import { combinations, families } from '../../../src/host/metrics/families.ts';
import { code, page, table } from './markdown.ts';

function range(min: number, max: number): string {
  return max === Infinity ? `from ${String(min)}` : `${String(min)} to ${String(max)}`;
}

function duration(seconds: number): string {
  const units = [
    [86_400, 'days'],
    [3600, 'hours'],
    [60, 'minutes'],
  ] as const;
  const [size, unit] = units.find(([length]) => seconds >= 2 * length) ?? [1, 'seconds'];
  return `${String(seconds / size)} ${unit}`;
}

function requests(): string {
  const rows = Object.entries(httpActions).map(([name, { method, path, role, doc }]) => [
    code(`${method} ${path}`),
    role,
    code(httpPermission(name as HttpActionName)),
    doc,
  ]);
  return table(['request', 'least role', 'permission', 'answer'], rows);
}

function archives(): string {
  const rows = spans.map(({ rows: count, slots }) => [
    duration(slots * stepSeconds),
    duration(count * slots * stepSeconds),
    String(count),
    slots === 1 ? 'AVERAGE' : 'AVERAGE, MIN, MAX',
  ]);
  return table(['a row covers', 'kept for', 'rows', 'consolidations'], rows);
}

function archived(): string {
  const all = [...families.map((family) => ({ ...family, name: family.pattern })), ...combinations];
  return table(
    ['name', 'unit', 'range', 'what it is'],
    all.map(({ name, units, min, max, doc }) => [code(name), units.replace(/[()]/g, ''), range(min, max), doc]),
  );
}

function exported(): string {
  const ofHost = families.flatMap(({ exported: known, kind }): ExportedAgentFigure[] =>
    known === undefined
      ? []
      : [{ name: known.name, type: kind, help: known.help, labels: known.label === undefined ? [] : [known.label] }],
  );
  const all = [...Object.values<ExportedAgentFigure>(agentFigures), ...ofHost];
  return table(
    ['name', 'type', 'labels', 'what it is'],
    all.map(({ name, type, labels = [], help }) => [code(name), type, labels.map(code).join(', '), help]),
  );
}

export function metricsPage(): string {
  return page('Figures', [
    `Every ${String(stepSeconds)} seconds the agent reads what the kernel counts about the host. The figures are kept over time, in a fixed amount of memory, and outlive restarts of the agent.`,
    '## Requests',
    'Root on the socket needs nothing more. Over TLS a request needs a session, as the cookie or the parameter `session_id`, or a name and password (HTTP Basic). With the parameter `task_id` the request ends that task.',
    requests(),
    '## Archives',
    'Rows end at multiples of their length since 1970, in UTC. A row is known when at least half of its time is; the rest is `NaN`, as is everything before the first sample.',
    archives(),
    '`/rrd_updates` takes the finest archive that is at least as coarse as `interval` and reaches back to `start`; a `start` below zero counts back from the latest sample. Without `cf` it returns all consolidations that the archive has.',
    '## Archived figures',
    'A star stands for the number of a processor or the name of a device: interfaces that are hardware, bonds or VLANs, and whole disks. Names are those of other XenAPI servers where they have the figure. The same names are used by host.get_data_sources, host.query_data_source, host.record_data_source and host.forget_data_source_archives. (rrdtool itself has room for 19 letters in a name; shorten longer ones before `rrdtool restore`.)',
    archived(),
    '## For Prometheus',
    'Counters are told as they are, so that Prometheus makes its own rates. The label `method` holds declared messages only; calls of anything else are told together as `unknown`.',
    exported(),
  ]);
}
