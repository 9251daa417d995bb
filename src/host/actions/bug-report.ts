/** A report of the state of the host for whoever looks into a fault: output of tools and logs, no secrets, no database. */
import { join } from 'node:path';
import { limits } from '../../lib/limits.ts';
import type { World } from '../../world/world.ts';
import { tryTool, useTool } from './tools.ts';
import { assertUploadUrl, upload } from './upload.ts';

interface Section {
  readonly key: string;
  /** Whether it may tell about people: addresses and names count. */
  readonly pii: 'yes' | 'no' | 'maybe' | 'if_customized';
  /** Name of the file, and the command whose output it is. */
  readonly files: Readonly<Record<string, readonly [program: string, ...args: string[]]>>;
}

const sections: readonly Section[] = [
  {
    key: 'agent-log',
    pii: 'maybe',
    files: {
      'agent.log': ['journalctl', '--no-pager', '--output=short-iso-precise', '--lines=20000', '--unit=quorated'],
    },
  },
  {
    key: 'system-logs',
    pii: 'maybe',
    files: {
      'journal.log': ['journalctl', '--no-pager', '--output=short-iso-precise', '--boot', '--lines=20000'],
      'kernel.log': ['dmesg'],
      'boots.txt': ['journalctl', '--no-pager', '--list-boots'],
    },
  },
  {
    key: 'services',
    pii: 'no',
    files: {
      'units.txt': ['systemctl', '--no-pager', '--all', 'list-units'],
      'agent-unit.txt': ['systemctl', '--no-pager', 'show', 'quorated.service'],
      'inhibitors.txt': ['systemd-inhibit', '--list', '--no-pager'],
    },
  },
  {
    key: 'network-status',
    pii: 'yes',
    files: {
      'addresses.json': ['ip', '-j', '-d', 'address', 'show'],
      'routes.json': ['ip', '-j', 'route', 'show', 'table', 'all'],
      'bridges.json': ['bridge', '-j', 'link', 'show'],
      'vlans.json': ['bridge', '-j', 'vlan', 'show'],
    },
  },
  {
    key: 'storage-status',
    pii: 'maybe',
    files: {
      'block-devices.json': ['lsblk', '--json', '--output-all'],
      'file-systems.txt': ['df', '--print-type', '--local'],
      'mounts.json': ['findmnt', '--json'],
    },
  },
  {
    key: 'hardware-info',
    pii: 'maybe',
    files: {
      'processors.json': ['lscpu', '--json'],
      'memory.txt': ['free', '--bytes'],
      'firmware.txt': ['dmidecode'],
      'devices.txt': ['lspci', '-nn'],
    },
  },
  {
    key: 'process-list',
    pii: 'yes',
    // Names only: arguments of strangers' programs may hold passwords.
    files: { 'processes.txt': ['ps', '-eo', 'pid,ppid,user,stat,pcpu,rss,lstart,comm'] },
  },
  {
    key: 'installed-packages',
    pii: 'no',
    files: {
      'packages-dpkg.txt': ['dpkg-query', '--show'],
      'packages-rpm.txt': ['rpm', '--query', '--all'],
    },
  },
];

/** What a report can hold, as the XML that clients of other servers read. Sizes in bytes, times in seconds. */
export function reportCapabilities(): string {
  const rows = sections.map(({ key, pii, files }) => {
    const count = Object.keys(files).length;
    const most = { size: count * limits.reportFileBytes, time: (count * limits.quickProgramMs) / 1000 };
    const attributes = `content-type="text/plain" default-checked="yes" key="${key}" pii="${pii}"`;
    return `<capability ${attributes} min-size="0" max-size="${most.size}" min-time="0" max-time="${most.time}"/>`;
  });
  return `<?xml version="1.0"?><system-status-capabilities>${rows.join('')}</system-status-capabilities>`;
}

export interface ReportOptions {
  /** A folder in which the report may be put together. */
  readonly directory: string;
  readonly url: string;
  readonly options: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/** Gathers a report and uploads it; nothing of it stays. Tools that are missing or fail are named in it. */
export async function uploadReport(world: World, options: ReportOptions): Promise<void> {
  const { directory, url, signal, progress } = options;
  assertUploadUrl('url', url);
  const name = `bug-report-${world.random.uuid()}`;
  const folder = join(directory, name);
  const archive = `${folder}.tar.gz`;
  try {
    await world.files.makeDirectory(folder, 0o700);
    const remarks = [`Report of ${new Date(world.clock.nowMs()).toISOString()}.`];
    for (const [index, section] of sections.entries()) {
      await gather(world, folder, section, remarks, signal);
      progress(((index + 1) / sections.length) * 0.8);
    }
    await world.files.writeAtomic(join(folder, 'README.txt'), `${remarks.join('\n')}\n`, 0o600);
    await useTool(world, 'tar', ['--create', '--gzip', '--file', archive, '--directory', directory, name], { signal });
    progress(0.9);
    await upload(world, archive, url, options.options, signal);
  } finally {
    await Promise.all([world.files.remove(folder), world.files.remove(archive)]);
  }
}

async function gather(
  world: World,
  folder: string,
  { key, files }: Section,
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  const inside = join(folder, key);
  await world.files.makeDirectory(inside, 0o700);
  for (const [file, [program, ...args]] of Object.entries(files)) {
    signal.throwIfAborted();
    const result = await tryTool(world, program, args, { maxOutputBytes: limits.reportFileBytes, signal });
    if (result === undefined) {
      remarks.push(`${key}/${file}: ${program} is not installed.`);
      continue;
    }
    await world.files.writeAtomic(join(inside, file), result.stdout, 0o600);
    if (result.exitCode !== 0) remarks.push(`${key}/${file}: ${program} failed: ${result.stderr.trim().slice(0, 500)}`);
    if (result.truncated) remarks.push(`${key}/${file}: cut off after ${limits.reportFileBytes} bytes.`);
  }
}
