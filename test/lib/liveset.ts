/** Livesets as a stack prints them, for tests and benches. */
export interface LivesetText {
  readonly hosts: readonly string[];
  /** Element texts that differ from the usual, by `host index/element`. */
  readonly changed?: Readonly<Record<string, string>>;
  readonly status?: string;
}

/** A uuid that is told by its number. */
export function hostUuid(index: number): string {
  return `${String(index + 1).padStart(8, '0')}-1111-4222-8333-444444444444`;
}

export function hostUuids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => hostUuid(index));
}

/** A whole liveset, indented like the original's; the first host is the local one. */
export function livesetText({ hosts, changed = {}, status = 'Online' }: LivesetText): string {
  const lines: string[] = ['<?xml version="1.0" encoding="UTF-8"?>', '<ha_liveset_info version="1.0">'];
  const leaf = (depth: number, name: string, text: string): void => {
    lines.push(`${'  '.repeat(depth)}<${name}>${text}</${name}>`);
  };
  leaf(1, 'status', status);
  lines.push('  <localhost>');
  leaf(2, 'HostID', hosts[0] ?? '');
  leaf(2, 'HostIndex', '0');
  lines.push('  </localhost>');
  if (status === 'Online') {
    for (const [index, host] of hosts.entries()) {
      const usual = {
        HostID: host,
        HostIndex: String(index),
        liveness: 'TRUE',
        master: index === 0 ? 'TRUE' : 'FALSE',
      };
      const flags = { statefile_access: 'TRUE', statefile_corrupted: 'FALSE', excluded: 'FALSE' };
      lines.push('  <host>');
      for (const [name, text] of Object.entries({ ...usual, ...flags }))
        leaf(2, name, changed[`${index}/${name}`] ?? text);
      lines.push('  </host>');
    }
    raw(hosts, lines, leaf);
  }
  lines.push('</ha_liveset_info>', '');
  return lines.join('\n');
}

function raw(
  hosts: readonly string[],
  lines: string[],
  leaf: (depth: number, name: string, text: string) => void,
): void {
  const list = `\n${hosts.map((host) => `          ${host}\n`).join('')}      `;
  lines.push('  <raw_status_on_local_host>');
  for (const name of ['statefile_latency', 'heartbeat_latency', 'Xapi_healthcheck_latency']) {
    leaf(2, name, '3');
    leaf(2, `${name}_max`, '7');
    leaf(2, `${name}_min`, '-1');
  }
  for (const [index, host] of hosts.entries()) {
    lines.push('    <host_raw_data>');
    leaf(3, 'HostID', host);
    leaf(3, 'HostIndex', String(index));
    leaf(3, 'time_since_last_update_on_statefile', '534');
    leaf(3, 'time_since_last_heartbeat', '35');
    leaf(3, 'time_since_xapi_restart_first_attempted', '-1');
    leaf(3, 'xapi_error_string', '');
    for (const what of ['heartbeat', 'statefile'])
      for (const by of ['heartbeat', 'statefile']) leaf(3, `${what}_active_list_on_${by}`, list);
    lines.push('    </host_raw_data>');
  }
  lines.push('  </raw_status_on_local_host>', '  <timeout>');
  for (const [name, ms] of Object.entries({ T1: 60_000, T2: 60_000, T3: 120_000, Wh: 60_000, Ws: 75_000 }))
    leaf(2, name, String(ms));
  lines.push('  </timeout>', '  <warning_on_local_host>');
  for (const name of ['statefile_lost', 'heartbeat_approaching_timeout', 'statefile_approaching_timeout'])
    leaf(2, name, 'FALSE');
  for (const name of ['Xapi_healthcheck_approaching_timeout', 'network_bonding_error']) leaf(2, name, 'FALSE');
  lines.push('  </warning_on_local_host>');
}
