/** How interfaces get their addresses and which name servers they brought, from what configures the network on this machine. */
import { parseDhclientLeases, parseDhcpMessage, parseManagerLease } from './leases.ts';
import type { Link } from './links.ts';
import {
  type AddressMethods,
  type ManagerProfile,
  parseInterfaces,
  parseManagerDevice,
  parseManagerProfile,
  parseNetworkdLink,
  parseNetworkFile,
} from './name-service.ts';
import type { Sources } from './sources.ts';

export interface AddressConfiguration {
  /** What the configuration says, by index of the link. */
  readonly methods: ReadonlyMap<number, AddressMethods>;
  readonly linkNameServers: ReadonlyMap<number, readonly string[]>;
}

const networkdStates = '/run/systemd/netif/links';
const managerStates = '/run/NetworkManager/devices';
const profileFolders = ['/etc/NetworkManager/system-connections', '/run/NetworkManager/system-connections'];
const interfacesFolder = '/etc/network/interfaces.d';

/** Reads it for some links. A later system in this list has the last word: ifupdown, NetworkManager, systemd-networkd. */
export async function readAddressConfiguration(
  sources: Sources,
  links: readonly Link[],
): Promise<AddressConfiguration> {
  const methods = new Map<number, AddressMethods>();
  const linkNameServers = new Map<number, readonly string[]>();
  const [interfaces, managed, followed] = await Promise.all([
    readInterfaces(sources),
    readManaged(sources, links),
    sources.list(networkdStates).then((names) => new Set(names)),
  ]);
  for (const link of links) {
    const plain = interfaces.get(link.name);
    if (plain !== undefined) methods.set(link.index, plain);
    const profile = managed.get(link.index);
    if (profile !== undefined) methods.set(link.index, profile.methods);
    if (followed.has(String(link.index))) {
      const state = parseNetworkdLink((await sources.file(`${networkdStates}/${link.index}`)) ?? '');
      if (state.nameServers.length > 0) linkNameServers.set(link.index, state.nameServers);
      const file = state.networkFile === '' ? undefined : await sources.file(state.networkFile);
      if (file !== undefined) methods.set(link.index, parseNetworkFile(file));
    }
    const said = methods.get(link.index) ?? { inet: '', inet6: '' };
    if (said.inet === '' && (await isLeased(sources, link, profile?.uuid)))
      methods.set(link.index, { ...said, inet: 'DHCP' });
  }
  return { methods, linkNameServers };
}

async function readInterfaces(sources: Sources): Promise<ReadonlyMap<string, AddressMethods>> {
  const names = (await sources.list(interfacesFolder)).filter((name) => /^[\w-]+$/.test(name));
  const paths = ['/etc/network/interfaces', ...names.map((name) => `${interfacesFolder}/${name}`)];
  const texts = await Promise.all(paths.map((path) => sources.file(path)));
  return parseInterfaces(texts.map((text) => text ?? '').join('\n'));
}

/** The profile that NetworkManager follows for each device that it looks after. */
async function readManaged(sources: Sources, links: readonly Link[]): Promise<ReadonlyMap<number, ManagerProfile>> {
  const known = new Set(await sources.list(managerStates));
  const states = await Promise.all(
    links
      .filter(({ index }) => known.has(String(index)))
      .map(async ({ index }) => {
        const text = (await sources.file(`${managerStates}/${index}`)) ?? '';
        return { index, uuid: parseManagerDevice(text).profile };
      }),
  );
  const managed = states.filter(({ uuid }) => uuid !== '');
  if (managed.length === 0) return new Map();
  const profiles = new Map<string, ManagerProfile>();
  for (const folder of profileFolders) {
    for (const name of await sources.list(folder)) {
      const profile = parseManagerProfile((await sources.file(`${folder}/${name}`)) ?? '');
      if (profile.uuid !== '') profiles.set(profile.uuid, profile);
    }
  }
  const unsaid = { inet: '', inet6: '' } as const;
  return new Map(managed.map(({ index, uuid }) => [index, profiles.get(uuid) ?? { uuid, methods: unsaid }]));
}

/**
 * Whether an address of the device is one that was lent to it. Looked up only for addresses that say nothing of an end of their
 * own, as those of some clients do, and of leases without one.
 */
async function isLeased(sources: Sources, { name, addresses }: Link, uuid: string | undefined): Promise<boolean> {
  const own = addresses.filter(({ family, dynamic, scope }) => family === 'inet' && !dynamic && scope === 'global');
  if (own.length === 0) return false;
  const text = async (path: string, parse: (text: string) => string): Promise<string> =>
    parse((await sources.file(path)) ?? '');
  const dhclient = (contents: string): string => parseDhclientLeases(contents, name);
  const manager = '/var/lib/NetworkManager';
  const leases = await Promise.all([
    text(`/var/lib/dhcp/dhclient.${name}.leases`, dhclient),
    text('/var/lib/dhcp/dhclient.leases', dhclient),
    text('/var/lib/dhclient/dhclient.leases', dhclient),
    sources.bytes(`/var/lib/dhcpcd/${name}.lease`).then((bytes) => parseDhcpMessage(bytes ?? new Uint8Array())),
    ...(uuid === undefined
      ? []
      : [
          text(`${manager}/internal-${uuid}-${name}.lease`, parseManagerLease),
          text(`${manager}/dhclient-${uuid}-${name}.lease`, dhclient),
        ]),
  ]);
  return own.some(({ local }) => leases.includes(local));
}
