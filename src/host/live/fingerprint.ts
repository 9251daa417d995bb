/** Looks at the network and the disks that start no program: the safety net for changes that nobody told of. */
import type { Sources } from '../inventory/sources.ts';

/** Text that differs when a device, an address, a default route or the state of one of `devices` does. */
export async function networkFingerprint(sources: Sources, devices: readonly string[]): Promise<string> {
  const [names, addresses4, addresses6, routes4, routes6, ...states] = await Promise.all([
    sources.file('/proc/net/dev').then((text) => text?.replaceAll(/:.*$/gm, '')),
    sources.file('/proc/net/fib_trie'),
    // The flags in the last column but one come and go while an address is checked.
    sources.file('/proc/net/if_inet6'),
    sources.file('/proc/net/route'),
    sources.file('/proc/net/ipv6_route').then((text) =>
      text
        ?.match(/^0{32} 00 .*$/gm)
        ?.map(withoutCounters)
        .join('\n'),
    ),
    ...devices.map((name) => deviceState(sources, name)),
  ]);
  return [names, addresses4, addresses6, routes4, routes6, ...states].join('\0');
}

/** The line of a route without its reference and use counts. */
function withoutCounters(line: string): string {
  const columns = line.split(/\s+/);
  return [...columns.slice(0, 6), ...columns.slice(8)].join(' ');
}

async function deviceState(sources: Sources, name: string): Promise<string> {
  const directory = `/sys/class/net/${name}`;
  const [master, ...files] = await Promise.all([
    sources.link(`${directory}/master`),
    ...['flags', 'operstate', 'carrier', 'address', 'mtu'].map((file) => sources.file(`${directory}/${file}`)),
  ]);
  return [name, master, ...files].join('\n');
}

/** The same for disks: text that differs when one comes, goes, is parted, mounted, swapped to or made part of something. */
export async function diskFingerprint(sources: Sources): Promise<string> {
  const [partitions, mounts, swaps] = await Promise.all([
    sources.file('/proc/partitions'),
    sources.file('/proc/self/mounts').then((text) => text?.match(/^\/dev\/\S+/gm)?.join('\n')),
    // How much of each is in use does not matter.
    sources.file('/proc/swaps').then((text) => text?.replaceAll(/[\t ].*$/gm, '')),
  ]);
  return [partitions, mounts, swaps].join('\0');
}
