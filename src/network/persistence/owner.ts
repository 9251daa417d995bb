/** Which configuration system looks after a device, from what the machine shows. */
import { readPairs } from '../../host/inventory/loose.ts';
import { parseManagerDevice, parseNetworkdLink } from '../../host/inventory/name-service.ts';
import type { Sources } from '../../host/inventory/sources.ts';
import type { ConfigurationSystem } from './device.ts';
import { ifupdown } from './ifupdown.ts';
import { netplanOfNetworkd, netplanOfNetworkManager } from './netplan.ts';
import { networkManager } from './network-manager.ts';
import { networkd } from './networkd.ts';

export interface OwnerFacts {
  readonly device: string;
  /** The .network file that systemd-networkd follows for the device; empty for none. */
  readonly networkFile: string;
  /** What NetworkManager keeps of the device in /run; empty for nothing. */
  readonly networkManagerState: string;
  /** Profiles that netplan made for NetworkManager. */
  readonly profilesOfNetplan: boolean;
  /** Files of netplan and of ifupdown, by path. */
  readonly netplanFiles: ReadonlyMap<string, string>;
  readonly interfacesFiles: ReadonlyMap<string, string>;
  readonly networkdRuns: boolean;
  readonly networkManagerRuns: boolean;
}

export interface Owner {
  readonly system: ConfigurationSystem | undefined;
  /** Why nothing can be made to last, as part of a sentence; empty when it can. */
  readonly obstacle: string;
}

const ours = 'quorate';
const interfacesPath = '/etc/network/interfaces';

/** Who already looks after the device; where nobody does, who looks after devices on this machine at all. */
export function ownerOf(facts: OwnerFacts): Owner {
  const { networkFile, networkManagerState, netplanFiles, interfacesFiles, device } = facts;
  if (networkFile.startsWith('/run/') && /\/\d+-netplan-/.test(networkFile)) return ofNetplan(facts);
  if (networkFile !== '') return { system: networkd, obstacle: '' };
  if (isManaged(networkManagerState)) {
    return facts.profilesOfNetplan ? ofNetplan(facts) : { system: networkManager, obstacle: '' };
  }
  if (namedIn(interfacesFiles, ifupdownNames(device)) !== '') return ofIfupdown(facts);
  if (netplanFiles.size > 0) return ofNetplan(facts);
  if (facts.networkdRuns) return { system: networkd, obstacle: '' };
  if (facts.networkManagerRuns) return { system: networkManager, obstacle: '' };
  if (interfacesFiles.has(interfacesPath)) return ofIfupdown(facts);
  return { system: undefined, obstacle: 'no system that configures the network was found on this machine' };
}

function isManaged(networkManagerState: string): boolean {
  return parseManagerDevice(networkManagerState).managed;
}

function ofNetplan({ netplanFiles, device, ...facts }: OwnerFacts): Owner {
  const name = device.replaceAll(/[^\w-]/g, '\\$&');
  const other = namedIn(netplanFiles, new RegExp(`^[ \\t]+["']?${name}["']?[ \\t]*:`, 'm'));
  // Netplan joins what files say of one device, so nothing there can be taken away from another file.
  const obstacle = other === '' ? '' : `${other} describes ${device} as well; change it there`;
  const byManager = facts.networkFile === '' && (isManaged(facts.networkManagerState) || !facts.networkdRuns);
  return { system: byManager ? netplanOfNetworkManager : netplanOfNetworkd, obstacle };
}

function ofIfupdown({ interfacesFiles, device }: OwnerFacts): Owner {
  const other = namedIn(interfacesFiles, ifupdownNames(device));
  if (other !== '') return { system: ifupdown, obstacle: `${other} describes ${device} as well; change it there` };
  const main = interfacesFiles.get(interfacesPath) ?? '';
  const included = /^[ \t]*source(?:-directory)?[ \t]+(?:\/etc\/network\/)?interfaces\.d(?:\/\*)?[ \t]*$/m.test(main);
  return { system: ifupdown, obstacle: included ? '' : `${interfacesPath} does not include the files of interfaces.d` };
}

function ifupdownNames(device: string): RegExp {
  const name = device.replaceAll(/[^\w-]/g, '\\$&');
  return new RegExp(`^[ \\t]*iface[ \\t]+${name}[ \\t]`, 'm');
}

/** Path of the first file of somebody else that has what is looked for; empty when none has. */
function namedIn(files: ReadonlyMap<string, string>, wanted: RegExp): string {
  for (const [path, text] of files) {
    if (!path.includes(`/${ours}`) && !path.includes(`-${ours}`) && wanted.test(text)) return path;
  }
  return '';
}

/** Reads what `ownerOf` needs. */
export async function readOwnerFacts(sources: Sources, device: string, index: number | undefined): Promise<OwnerFacts> {
  const of = async (folder: string): Promise<string> =>
    index === undefined ? '' : ((await sources.file(`${folder}/${index}`)) ?? '');
  const folder = async (path: string, end: string): Promise<[string, string][]> => {
    const names = (await sources.list(path)).filter((name) => name.endsWith(end) && !name.startsWith('.'));
    return Promise.all(
      names.toSorted().map(async (name) => [`${path}/${name}`, (await sources.file(`${path}/${name}`)) ?? '']),
    );
  };
  const interfaces = await sources.file(interfacesPath);
  const [networkdState, networkManagerState, netplanFiles, interfacesFiles, profiles, netif, devices, running] =
    await Promise.all([
      of('/run/systemd/netif/links'),
      of('/run/NetworkManager/devices'),
      folder('/etc/netplan', '.yaml'),
      folder('/etc/network/interfaces.d', ''),
      sources.list('/run/NetworkManager/system-connections'),
      sources.list('/run/systemd/netif'),
      sources.list('/run/NetworkManager'),
      sources.tool('systemctl', ['show', '--property=Id,ActiveState', ...services], parseRunning),
    ]);
  // What is in /run outlives who wrote it.
  const networkdRuns = running?.has('systemd-networkd.service') ?? netif.length > 0;
  const networkManagerRuns = running?.has('NetworkManager.service') ?? devices.length > 0;
  return {
    device,
    networkFile: networkdRuns ? parseNetworkdLink(networkdState).networkFile : '',
    networkManagerState: networkManagerRuns ? networkManagerState : '',
    profilesOfNetplan: profiles.some((name) => name.startsWith('netplan-')),
    netplanFiles: new Map(netplanFiles),
    interfacesFiles: new Map([
      ...(interfaces === undefined ? [] : [[interfacesPath, interfaces] as const]),
      ...interfacesFiles,
    ]),
    networkdRuns,
    networkManagerRuns,
  };
}

const services = ['systemd-networkd.service', 'NetworkManager.service'] as const;

/** Units of `systemctl show --property=Id,ActiveState` that are active. Undefined when it says nothing of any. */
export function parseRunning(text: string): ReadonlySet<string> | undefined {
  const units = text.split('\n\n').map((unit) => readPairs(unit, '='));
  if (!units.some((unit) => unit.has('ActiveState'))) return undefined;
  return new Set(units.filter((unit) => unit.get('ActiveState') === 'active').map((unit) => unit.get('Id') ?? ''));
}
