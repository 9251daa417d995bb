import type { FakeProgram } from '../../src/world/simulated/programs.ts';
import type { KernelTwin } from './kernel-twin.ts';

/** The program `ip` of a machine whose kernel is a twin. Every command that changes something is told before it is carried out. */
export function twinIp(twin: KernelTwin, told: (words: string) => void): FakeProgram {
  return ({ args }) => {
    if (args.includes('show')) return { stdout: shown(twin, args) };
    told(args.join(' '));
    if (args[0] === 'neighbour') return {};
    try {
      twin.run(['ip', ...args]);
      return {};
    } catch (thrown) {
      return { exitCode: 2, stderr: thrown instanceof Error ? thrown.message : '' };
    }
  };
}

function shown(twin: KernelTwin, args: readonly string[]): string {
  const { links, routes } = twin.kernel;
  if (args.includes('neighbour')) {
    const answers = twin.neighbours.has(args[args.indexOf('to') + 1] ?? '');
    return JSON.stringify([{ state: [answers ? 'REACHABLE' : 'FAILED'] }]);
  }
  if (args.includes('route')) {
    const family = args.includes('-6') ? 'inet6' : 'inet';
    const found = routes.filter((route) => route.family === family);
    const texts = (values: Readonly<Record<string, string>>): object =>
      Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
    return JSON.stringify(
      found.map(({ destination: dst, gateway, device: dev, metric, protocol, source: prefsrc }) => ({
        ...texts({ dst, gateway, dev, protocol, prefsrc }),
        ...(metric === 0 ? {} : { metric }),
      })),
    );
  }
  return JSON.stringify(
    links.map(({ index, name, address, up, master, lower, kind, vlanTag, addresses }) => ({
      ifindex: index,
      ifname: name,
      link_type: 'ether',
      address,
      mtu: 1500,
      flags: up ? ['UP', 'LOWER_UP'] : [],
      master,
      link: lower,
      linkinfo: { info_kind: kind, info_data: vlanTag === undefined ? {} : { id: vlanTag } },
      addr_info: addresses.map(({ prefixLength: prefixlen, ...one }) => ({ ...one, prefixlen })),
    })),
  );
}
