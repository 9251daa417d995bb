/** What a liveset must hold: a list of rules, each a pure function over the document. */
import type { ContractLine } from '../contract-lines.ts';
import { textIn, type XmlElement } from '../xml.ts';
import {
  firstFault,
  hostFields,
  type LivesetContext,
  latencies,
  miscounted,
  rawData,
  rawFields,
  sections,
  times,
  truths,
  unhealthy,
  warnings,
  wrongHosts,
  wrongIndex,
  wrongList,
  wrongNumber,
  wrongTimeout,
  wrongTruth,
} from './liveset-faults.ts';

export interface LivesetRule {
  readonly id: string;
  readonly line: ContractLine;
  readonly title: string;
  readonly wayOut: string;
  /** Rules before it that must hold, or it says nothing. */
  readonly after?: readonly string[];
  /** What is wrong, as a sentence; undefined when nothing is. */
  readonly fault: (root: XmlElement, context: LivesetContext) => string | undefined;
}

/** Rules for a liveset that is Online on a host where nothing is wrong, in the order in which they build on each other. */
export const livesetRules: readonly LivesetRule[] = [
  {
    id: 'root',
    line: 'liveset.root',
    title: 'the root is ha_liveset_info, version 1.0',
    wayOut: 'Begin with <ha_liveset_info version="1.0">.',
    fault: (root) =>
      root.name !== 'ha_liveset_info'
        ? `The root is ${root.name}.`
        : root.attributes.get('version') === '1.0'
          ? undefined
          : `The version is ${root.attributes.get('version') ?? 'missing'}.`,
  },
  {
    id: 'status',
    line: 'liveset.status',
    title: 'status is Online when the host is in',
    wayOut: 'Print <status>Online</status> once ha_start_daemon has succeeded.',
    after: ['root'],
    fault: (root) => {
      const found = sections(root, 'status');
      if (found.length !== 1) return `status stands ${String(found.length)} times.`;
      return textIn(root, 'status') === 'Online' ? undefined : `status is ${textIn(root, 'status') ?? ''}.`;
    },
  },
  {
    id: 'localhost',
    line: 'liveset.localhost',
    title: 'HostID is the first child of localhost, and names this host',
    wayOut:
      'Put <HostID> before everything else in <localhost>, with the HostID of <localhost> in xhad.conf and no space around it.',
    after: ['root'],
    fault: (root, { own }) => {
      const found = sections(root, 'localhost');
      const [local] = found;
      if (local === undefined || found.length > 1) return `localhost stands ${String(found.length)} times.`;
      const [first] = local.children;
      if (first?.name !== 'HostID') return `The first child of localhost is ${first?.name ?? 'missing'}.`;
      if (first.children.length > 0) return 'HostID of localhost has elements in it.';
      if (first.text !== own) return `HostID of localhost is ${JSON.stringify(first.text)}; this host is ${own}.`;
      return miscounted(local, ['HostID', 'HostIndex'], 'localhost');
    },
  },
  {
    id: 'hosts',
    line: 'liveset.hosts',
    title: 'there is one host for each of the configuration',
    wayOut: 'Print a <host> for every host of xhad.conf, also for those that are dead.',
    after: ['root'],
    fault: (root, { hosts }) => wrongHosts(sections(root, 'host'), hosts, 'host'),
  },
  {
    id: 'host-fields',
    line: 'liveset.host-fields',
    title: 'every host has its seven fields',
    wayOut: 'Print all seven, each once.',
    after: ['root'],
    fault: (root) =>
      firstFault(sections(root, 'host'), (host) =>
        miscounted(host, hostFields, `host ${textIn(host, 'HostID') ?? ''}`),
      ),
  },
  {
    id: 'index',
    line: 'liveset.index',
    title: 'HostIndex is the place in the list sorted by HostID',
    wayOut: 'Sort the hosts of xhad.conf by HostID and count from 0.',
    after: ['hosts', 'localhost', 'raw-hosts'],
    fault: (root, { hosts }) =>
      firstFault([...sections(root, 'localhost'), ...sections(root, 'host'), ...rawData(root)], (element) =>
        wrongIndex(element, hosts, element.name),
      ),
  },
  {
    id: 'raw-latencies',
    line: 'liveset.raw',
    title: 'there are nine latencies',
    wayOut: 'Print -1 for a latency that the stack does not measure.',
    after: ['root'],
    fault: (root) => {
      const found = sections(root, 'raw_status_on_local_host');
      const [raw] = found;
      return raw === undefined || found.length > 1
        ? `raw_status_on_local_host stands ${String(found.length)} times.`
        : miscounted(raw, latencies, 'raw_status_on_local_host');
    },
  },
  {
    id: 'raw-hosts',
    line: 'liveset.raw',
    title: 'there is one host_raw_data for each host of the configuration',
    wayOut: 'Print a <host_raw_data> for every host of xhad.conf.',
    after: ['raw-latencies'],
    fault: (root, { hosts }) => wrongHosts(rawData(root), hosts, 'host_raw_data'),
  },
  {
    id: 'raw-fields',
    line: 'liveset.raw',
    title: 'every host_raw_data is complete',
    wayOut: 'Print -1 for a time that there is none of, and empty elements for empty lists.',
    after: ['raw-latencies'],
    fault: (root) => firstFault(rawData(root), (raw) => miscounted(raw, rawFields, 'host_raw_data')),
  },
  {
    id: 'timeouts',
    line: 'liveset.timeouts',
    title: 'the timeouts are those of the configuration',
    wayOut: 'Print the timeouts that the daemon uses, in milliseconds.',
    after: ['root'],
    fault: wrongTimeout,
  },
  {
    id: 'warnings',
    line: 'liveset.warnings',
    title: 'the five warnings are there',
    wayOut: 'Print FALSE for a warning that the stack does not know.',
    after: ['root'],
    fault: (root) => {
      const found = sections(root, 'warning_on_local_host');
      const [section] = found;
      return section === undefined || found.length > 1
        ? `warning_on_local_host stands ${String(found.length)} times.`
        : miscounted(section, warnings, 'warning_on_local_host');
    },
  },
  {
    id: 'booleans',
    line: 'liveset.booleans',
    title: 'truth values are TRUE or FALSE',
    wayOut: 'Write them in capitals, with no space around them.',
    after: ['root'],
    fault: (root) =>
      firstFault(sections(root, 'host'), (host) => wrongTruth(host, truths, 'host')) ??
      firstFault(sections(root, 'warning_on_local_host'), (section) =>
        wrongTruth(section, warnings, 'warning_on_local_host'),
      ),
  },
  {
    id: 'integers',
    line: 'liveset.integers',
    title: 'numbers are whole, and -1 where there is none',
    wayOut: 'Print milliseconds without fraction, unit or sign; -1 when there is no value.',
    after: ['root'],
    fault: (root) =>
      firstFault(sections(root, 'raw_status_on_local_host'), (raw) =>
        wrongNumber(raw, latencies, 'raw_status_on_local_host'),
      ) ?? firstFault(rawData(root), (raw) => wrongNumber(raw, times, 'host_raw_data')),
  },
  {
    id: 'lists',
    line: 'liveset.lists',
    title: 'lists name hosts of the configuration, and this one',
    wayOut: 'Separate HostIDs by spaces or newlines, and name each host once.',
    after: ['raw-fields'],
    fault: (root, context) => firstFault(rawData(root), (raw) => wrongList(raw, context)),
  },
  {
    id: 'healthy',
    line: 'liveset.healthy',
    title: 'a healthy host is shown as such',
    wayOut: 'Tell what the daemon sees at that moment; warnings must end when their reason does.',
    after: ['booleans', 'host-fields', 'warnings'],
    fault: unhealthy,
  },
];
