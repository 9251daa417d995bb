/** Whether the host can still be reached after a change of the interface that it is reached over. */
import { elements, members, readList, textOf } from '../host/inventory/loose.ts';
import { limits } from '../lib/limits.ts';
import type { World } from '../world/world.ts';
import { type KernelSources, readKernel } from './kernel.ts';

export interface Reachability {
  /** The device that has the address. */
  readonly device: string;
  /** IPv4 address with its prefix length; empty when any will do, as with DHCP. */
  readonly address: string;
  /** Empty when there is none to ask. */
  readonly gateway: string;
}

export interface ProbeOptions {
  readonly world: Pick<World, 'clock' | 'programs' | 'log'>;
  readonly sources: KernelSources;
}

/** Resolves when everything is as wanted; rejects at the deadline with what is still missing. */
export async function waitUntilReachable(options: ProbeOptions, wanted: Reachability, withinMs: number): Promise<void> {
  const { clock } = options.world;
  const endMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const missing = await whatIsMissing(options, wanted);
    if (missing === undefined) return;
    if (clock.monotonicMs() >= endMs) throw new Error(missing);
    await clock.sleep(Math.min(limits.networkProbeRestMs, Math.max(1, endMs - clock.monotonicMs())));
  }
}

async function whatIsMissing(
  options: ProbeOptions,
  { device, address, gateway }: Reachability,
): Promise<string | undefined> {
  const kernel = await readKernel(options.sources);
  const link = kernel?.links.find(({ name }) => name === device);
  if (link === undefined) return `${device} is not there`;
  if (!link.up || !link.carrier) return `${device} has no link`;
  const own = link.addresses.filter(({ family, scope }) => family === 'inet' && scope === 'global');
  const there =
    address === '' ? own.length > 0 : own.some(({ local, prefixLength }) => `${local}/${prefixLength}` === address);
  if (!there) return `${device} does not have ${address === '' ? 'an address' : `the address ${address}`}`;
  const asked = gateway || (address === '' ? (kernel?.routes.find(isDefaultOf(device))?.gateway ?? '') : '');
  if (asked === '' || (await answers(options, device, asked))) return undefined;
  return `the gateway ${asked} does not answer over ${device}`;
}

function isDefaultOf(device: string) {
  return (route: { readonly device: string; readonly destination: string; readonly family: string }): boolean =>
    route.device === device && route.destination === 'default' && route.family === 'inet';
}

/** The kernel's words for a neighbour that answered just now, or that needs no asking. */
const answered = new Set(['REACHABLE', 'NOARP', 'PERMANENT']);

/** Whether a neighbour on the network answers ARP, which the gateway that forbids everything else must do too. */
export async function answers({ world, sources }: ProbeOptions, device: string, neighbour: string): Promise<boolean> {
  const ip = (...args: readonly string[]) =>
    world.programs.run('ip', args, { timeoutMs: limits.networkStepMs, maxOutputBytes: limits.smallOutputBytes });
  // What was learned before the change says nothing about the time after it.
  await ip('neighbour', 'delete', neighbour, 'dev', device);
  await ip('neighbour', 'replace', neighbour, 'dev', device, 'use');
  const endMs = world.clock.monotonicMs() + limits.networkNeighbourMs;
  for (;;) {
    const show = ['-j', 'neighbour', 'show', 'to', neighbour, 'dev', device];
    const known = await sources.tool('ip', show, readList);
    const states = known?.flatMap((one) => elements(members(one)['state'])) ?? [];
    if (states.some((state) => answered.has(textOf(state)))) return true;
    if (world.clock.monotonicMs() >= endMs) return false;
    await world.clock.sleep(limits.networkProbeRestMs / 5);
  }
}
