/** One file of ifupdown, for /etc/network/interfaces.d. Bridges, bonds and VLANs are made with ip itself, without helpers. */
import { kernelBondSettings } from './bond-words.ts';
import type { Command, ConfigurationSystem, DeviceConfiguration, LeaseClient } from './device.ts';

const folder = '/etc/network/interfaces.d';
const prefix = 'quorate';

/** How the device comes to be: lines of its own stanza, done before and after it goes up and down. */
function making(device: DeviceConfiguration, all: readonly DeviceConfiguration[]): string[] {
  const { name, kind, mac, mtu, vlan, bond, master } = device;
  const lines: string[] = [];
  const address = mac === '' ? '' : ` address ${mac}`;
  // A device that is there already stays: the stanza may be read again while it is in use.
  const unless = `ip link show dev ${name} >/dev/null 2>&1 ||`;
  if (kind === 'bridge')
    lines.push(`pre-up ${unless} ip link add name ${name}${address} type bridge stp_state 0 forward_delay 0`);
  if (kind === 'bond' && bond !== undefined) {
    const settings = kernelBondSettings(bond).flat().join(' ');
    lines.push(`pre-up ${unless} ip link add name ${name}${address} type bond ${settings}`);
  }
  if (kind === 'vlan' && vlan !== undefined) {
    lines.push(`pre-up ip link set dev ${vlan.lower} up`);
    lines.push(`pre-up ${unless} ip link add link ${vlan.lower} name ${name} type vlan id ${vlan.tag}`);
  }
  for (const part of all.filter((other) => other.master?.name === name)) {
    if (kind === 'bond') lines.push(`pre-up ip link set dev ${part.name} down`);
    lines.push(`pre-up ip link set dev ${part.name} master ${name}`, `pre-up ip link set dev ${part.name} up`);
  }
  if (mtu > 0) lines.push(`post-up ip link set dev ${name} mtu ${mtu}`);
  if (master === undefined) lines.push(`up ip link set dev ${name} up`);
  if (kind !== 'device') lines.push(`post-down ip link delete dev ${name} || true`);
  return lines;
}

function stanza(device: DeviceConfiguration, all: readonly DeviceConfiguration[]): string {
  const { name, ipv4, ipv6, nameServers, master } = device;
  const method = { None: 'manual', DHCP: 'dhcp', Static: 'static' }[ipv4.mode];
  const lines = [`iface ${name} inet ${method}`, ...making(device, all).map((line) => `    ${line}`)];
  if (ipv4.mode === 'Static') {
    lines.push(`    address ${ipv4.address}`);
    if (ipv4.gateway !== '') lines.push(`    gateway ${ipv4.gateway}`);
    if (ipv4.gateway !== '' && ipv4.metric > 0) lines.push(`    metric ${ipv4.metric}`);
  }
  if (nameServers.length > 0) lines.push(`    dns-nameservers ${nameServers.join(' ')}`);
  if (ipv6.mode !== 'None') {
    const [first, ...others] = ipv6.addresses;
    const method6 = { DHCP: 'dhcp', Static: 'static', Autoconf: 'auto' }[ipv6.mode];
    lines.push('', `iface ${name} inet6 ${method6}`);
    if (ipv6.mode === 'Static' && first !== undefined) {
      lines.push(`    address ${first}`);
      for (const address of others) lines.push(`    up ip -6 address add ${address} dev ${name}`);
      if (ipv6.gateway !== '') lines.push(`    gateway ${ipv6.gateway}`);
    }
  }
  // A card comes up with the bridge or bond that it is a part of; everything else has to be made first.
  const auto = master === undefined || device.kind !== 'device';
  return [`${auto ? `auto ${name}\n` : ''}${lines.join('\n')}`, ''].join('\n');
}

/**
 * The program that keeps a lease must outlive the agent, and needs packet sockets, which the agent's own sandbox does not have:
 * systemd starts it.
 */
function ifup(name: string): Command {
  const options = ['--quiet', '--collect', '--wait', '--pipe', '--property=KillMode=process'] as const;
  return ['systemd-run', ...options, '--', 'ifup', '--force', name];
}

/** A client of DHCP that ended takes all addresses off its device. */
function client(program: string, pidFile: string, device: string): LeaseClient {
  const one = ['--pidfile', pidFile, '--name', program] as const;
  const stop = ['start-stop-daemon', '--stop', '--quiet', '--oknodo', '--retry', '5', ...one] as const;
  return { pidFile, stop, start: ifup(device) };
}

export const ifupdown: ConfigurationSystem = {
  name: 'ifupdown',
  folder,
  prefix,
  render: (devices) => {
    if (devices.length === 0) return [];
    const head = '# Written by quorated, which replaces it at each change of the network.\n';
    // Carriers come before what they carry.
    const order = { device: 0, bond: 1, vlan: 2, bridge: 3 };
    const sorted = devices.toSorted((a, b) => order[a.kind] - order[b.kind]);
    const contents = [head, ...sorted.map((device) => stanza(device, devices))].join('\n');
    return [{ path: `${folder}/${prefix}`, contents, mode: 0o644 }];
  },
  // Static settings are in force already; only a lease has to be asked for.
  reload: (changed) =>
    changed.filter(({ ipv4, master }) => master === undefined && ipv4.mode === 'DHCP').map(({ name }) => ifup(name)),
  clients: (device) => [
    client('dhclient', `/run/dhclient.${device}.pid`, device),
    client('udhcpc', `/run/udhcpc.${device}.pid`, device),
    client('dhcpcd', `/run/dhcpcd/${device}-4.pid`, device),
    client('dhcpcd', `/run/dhcpcd/${device}.pid`, device),
  ],
  hold: () => undefined,
};
