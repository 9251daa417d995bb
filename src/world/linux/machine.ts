import { readFile } from 'node:fs/promises';
import {
  arch,
  availableParallelism,
  cpus,
  freemem,
  hostname,
  networkInterfaces,
  release,
  totalmem,
  uptime,
} from 'node:os';
import { cpu, mem, osInfo } from 'systeminformation';
import type { MachineFacts } from '../world.ts';

/** The inventory asks several programs; a machine on which one hangs still starts its agent. */
const longestAskMs = 5_000;

type SlowFacts = Pick<MachineFacts, 'osName' | 'osVersion' | 'kernel' | 'architecture' | 'cpuModel' | 'machineId'>;

/** What does not change while the agent runs is asked once. */
export function createMachine(): () => Promise<MachineFacts> {
  let slow: Promise<SlowFacts> | undefined;
  return async () => {
    slow ??= askSlowFacts();
    const memory = await within(mem(), undefined);
    return {
      ...(await slow),
      hostname: hostname(),
      cpuCount: cpus().length || availableParallelism(),
      memoryTotalBytes: memory?.total ?? totalmem(),
      memoryFreeBytes: memory?.available ?? freemem(),
      bootTimeMs: await bootTimeMs(),
      addresses: addresses(),
    };
  };
}

async function askSlowFacts(): Promise<SlowFacts> {
  const [system, processor, machineId] = await Promise.all([
    within(osInfo(), undefined),
    within(cpu(), undefined),
    firstLine('/etc/machine-id'),
  ]);
  const model = processor === undefined ? '' : `${processor.manufacturer} ${processor.brand}`.trim();
  return {
    osName: system?.distro ?? '',
    osVersion: system?.release ?? '',
    kernel: system?.kernel || release(),
    architecture: system?.arch || arch(),
    cpuModel: model || (cpus()[0]?.model ?? ''),
    machineId,
  };
}

async function within<T>(asked: Promise<T>, otherwise: T | undefined): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, longestAskMs, undefined);
  });
  try {
    return await Promise.race([asked, late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}

async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n', 1)[0]?.trim() ?? '';
}

/** The kernel's own word; uptime counted back from now would wander with the clock. */
async function bootTimeMs(): Promise<number> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const seconds = /^btime (\d+)$/m.exec(text)?.[1];
  return seconds === undefined ? Date.now() - uptime() * 1000 : Number(seconds) * 1000;
}

/** Addresses by which others may reach this machine, IPv4 first. */
function addresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const outside = all.filter((entry) => !entry.internal && !entry.address.startsWith('fe80:'));
  const ofFamily = (family: string): string[] =>
    outside.filter((entry) => entry.family === family).map((entry) => entry.address);
  return [...ofFamily('IPv4'), ...ofFamily('IPv6')];
}
