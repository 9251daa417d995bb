/** Single changes to the network of this host, as data: what is to be done, and how it is told to iproute2. */
import type { BondFacts } from '../host/inventory/links.ts';

export interface Route {
  readonly family: 'inet' | 'inet6';
  /** A prefix such as 10.1.0.0/16, or `default`. */
  readonly destination: string;
  /** Empty when the destination is reached directly. */
  readonly gateway: string;
  readonly device: string;
  /** 0 when there is none. */
  readonly metric: number;
  /** Who set it: static, dhcp, boot; empty when nobody says. */
  readonly protocol: string;
  /** Address that packets over it come from; empty for the kernel's choice. */
  readonly source: string;
}

/** A device that software makes, with all that is needed to make it again. */
export interface NewLink {
  readonly name: string;
  readonly kind: 'bridge' | 'vlan' | 'bond';
  /** Empty: the kernel draws one. */
  readonly mac: string;
  /** 0: the kernel's choice. */
  readonly mtu: number;
  /** Of a VLAN: the device that carries it. */
  readonly lower: string;
  readonly tag: number;
  readonly bond: BondFacts | undefined;
}

export type NetworkAction =
  | { readonly act: 'add-link'; readonly link: NewLink }
  | { readonly act: 'delete-link'; readonly name: string }
  | { readonly act: 'set-up' | 'set-down'; readonly name: string }
  /** An empty master takes the device out of the bridge or bond that it is in. */
  | { readonly act: 'set-master'; readonly name: string; readonly master: string }
  | { readonly act: 'add-address' | 'remove-address'; readonly name: string; readonly address: string }
  | { readonly act: 'add-route' | 'remove-route'; readonly route: Route }
  | { readonly act: 'write-file'; readonly path: string; readonly contents: string; readonly mode: number }
  | { readonly act: 'remove-file'; readonly path: string }
  /** The half of a step that only its undo has, or only its action. */
  | { readonly act: 'nothing' }
  /** Tells a configuration system something: to read its files again, to leave a device alone. */
  | { readonly act: 'reload'; readonly program: string; readonly args: readonly string[] }
  /** Waits until a file does not say something any more, as it does not either when it is gone. */
  | { readonly act: 'await'; readonly path: string; readonly lacks: string };

/** A change, and what takes it back. The undo is harmless where the change was never made. */
export interface Step {
  readonly action: NetworkAction;
  readonly undo: NetworkAction;
}

const acts: ReadonlySet<string> = new Set<NetworkAction['act']>([
  'add-link',
  'delete-link',
  'set-up',
  'set-down',
  'set-master',
  'add-address',
  'remove-address',
  'add-route',
  'remove-route',
  'write-file',
  'remove-file',
  'nothing',
  'reload',
  'await',
]);

/** Whether something that was read from a file is an action. Only the agent itself writes them. */
export function isAction(given: unknown): given is NetworkAction {
  return typeof given === 'object' && given !== null && 'act' in given && acts.has(String(given.act));
}

/** Program and arguments of an action; undefined for one that needs none. */
export function commandOf(action: NetworkAction): readonly [string, ...string[]] | undefined {
  switch (action.act) {
    case 'add-link':
      return ['ip', 'link', 'add', ...newLink(action.link)];
    case 'delete-link':
      return ['ip', 'link', 'delete', 'dev', action.name];
    case 'set-up':
      return ['ip', 'link', 'set', 'dev', action.name, 'up'];
    case 'set-down':
      return ['ip', 'link', 'set', 'dev', action.name, 'down'];
    case 'set-master':
      return ['ip', 'link', 'set', 'dev', action.name, ...(action.master ? ['master', action.master] : ['nomaster'])];
    case 'add-address':
      return [
        'ip',
        ...family(action.address),
        'address',
        'add',
        action.address,
        ...broadcast(action.address),
        'dev',
        action.name,
      ];
    case 'remove-address':
      return ['ip', ...family(action.address), 'address', 'delete', action.address, 'dev', action.name];
    case 'add-route':
      return ['ip', ...routeFamily(action.route), 'route', 'replace', ...routeWords(action.route)];
    case 'remove-route':
      return ['ip', ...routeFamily(action.route), 'route', 'delete', ...routeWords(action.route)];
    case 'reload':
      return [action.program, ...action.args];
    case 'write-file':
    case 'remove-file':
    case 'nothing':
    case 'await':
      return undefined;
    default:
      return action satisfies never;
  }
}

const family = (address: string): string[] => [address.includes(':') ? '-6' : '-4'];
const routeFamily = (route: Route): string[] => [route.family === 'inet6' ? '-6' : '-4'];

/** Without it the kernel gives an address none, and some old programs ask for it. */
function broadcast(address: string): string[] {
  return !address.includes(':') && Number(address.split('/')[1]) < 31 ? ['broadcast', '+'] : [];
}

function routeWords(route: Route): string[] {
  return [
    route.destination,
    ...(route.gateway === '' ? [] : ['via', route.gateway]),
    'dev',
    route.device,
    ...(route.metric === 0 ? [] : ['metric', String(route.metric)]),
    ...(route.protocol === '' ? [] : ['proto', route.protocol]),
    ...(route.source === '' ? [] : ['src', route.source]),
  ];
}

function newLink(link: NewLink): string[] {
  const common = [
    'name',
    link.name,
    ...(link.mac === '' ? [] : ['address', link.mac]),
    ...(link.mtu === 0 ? [] : ['mtu', String(link.mtu)]),
  ];
  if (link.kind === 'vlan') return ['link', link.lower, ...common, 'type', 'vlan', 'id', String(link.tag)];
  if (link.kind === 'bridge') return [...common, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0'];
  const { mode = 'active-backup', properties = {} } = link.bond ?? {};
  // The primary can be named only once it is a part, and the kernel takes no rate of LACP in another mode.
  const settings = Object.entries(properties)
    .map(([key, value]) => [key === 'ad_lacp_rate' ? 'lacp_rate' : key, value] as const)
    .filter(([key]) => key !== 'primary' && key !== 'mode' && (key !== 'lacp_rate' || mode === '802.3ad'));
  return [...common, 'type', 'bond', 'mode', mode, ...settings.flat()];
}

/** What an action does, for people who read the log. */
export function sentenceOf(action: NetworkAction): string {
  const command = commandOf(action);
  if (command !== undefined) return command.join(' ');
  if (action.act === 'write-file') return `write ${action.path}`;
  if (action.act === 'await') return `wait until ${action.path} has no ${action.lacks}`;
  return action.act === 'remove-file' ? `remove ${action.path}` : 'nothing';
}
