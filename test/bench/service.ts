/** The agent as a service: how soon it answers, and what it takes while nobody asks, beside libvirtd on the same machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopProcess } from './agent-process.ts';
import type { BenchRow } from './row.ts';

const program = join(import.meta.dirname, '../../dist/quorated.js');
const rounds = 15;
/** After its start a program still tidies up. */
const settleMs = 10_000;
const idleMs = 30_000;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function startAgent(directory: string): ChildProcess {
  // As the unit starts it: what Node has compiled once is kept.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, 'cache') };
  return spawn(process.execPath, [program, '--dir', directory, '--log-level', 'error'], { stdio: 'ignore', env });
}

function asks(socketPath: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asked = request({ socketPath, method: 'HEAD', path: '/' }, (answer) => {
    answer.resume();
    resolve();
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}

async function answered(directory: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await asks(join(directory, 'xapi'));
      return;
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await sleep(1);
    }
  }
}

/** From the start of the process to its first answer, against a Node that does nothing. */
export async function benchServiceStart(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const bare: number[] = [];
  const agent: number[] = [];
  try {
    // The first round makes the database, and fills the cache.
    for (let round = 0; round <= rounds; round += 1) {
      const beginBare = performance.now();
      spawnSync(process.execPath, ['-e', '0']);
      const begin = performance.now();
      const child = startAgent(directory);
      await answered(directory);
      if (round > 0) {
        bare.push(begin - beginBare);
        agent.push(performance.now() - begin);
      }
      await stopProcess(child);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const ratio = median(agent) / median(bare);
  return [
    { name: 'start to first answer', value: median(agent), unit: 'ms', target: '', ok: undefined },
    { name: 'the same, against node -e 0', value: ratio, unit: 'x', target: '<= 10', ok: ratio <= 10 },
  ];
}

interface Idle {
  /** Per cent of one processor, children that have ended included. */
  readonly processor: number;
  readonly mebibytes: number;
}

function ticks(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: utime, stime, cutime and cstime are the 12th to the 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

/** Memory of a process and of those that it keeps running. */
function residentKib(pid: number): number {
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return own + childrenOf(pid).reduce((sum, child) => sum + residentKib(child), 0);
}

function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

async function idle(pid: number): Promise<Idle> {
  await sleep(settleMs);
  const all = [pid, ...childrenOf(pid)];
  const used = (): number => all.filter((one) => existsSync(`/proc/${one}`)).reduce((sum, one) => sum + ticks(one), 0);
  const before = used();
  const begin = performance.now();
  await sleep(idleMs);
  const seconds = (performance.now() - begin) / 1000;
  // A tick is a hundredth of a second, so that ticks in a second are per cent.
  return { processor: (used() - before) / seconds, mebibytes: residentKib(pid) / 1024 };
}

/** libvirtd in namespaces of its own: its sockets, its networks and its state are not those of this machine. */
function startLibvirt(directory: string): ChildProcess | undefined {
  const libvirtd = ['/usr/sbin/libvirtd', '/usr/local/sbin/libvirtd'].find((path) => existsSync(path));
  if (libvirtd === undefined || process.getuid?.() !== 0) return undefined;
  const config = join(directory, 'libvirtd.conf');
  writeFileSync(config, `unix_sock_dir = "${directory}"\nauth_unix_rw = "none"\nlog_outputs = "4:stderr"\n`);
  const mounts = ['/run', '/var/lib', '/var/cache', '/var/log', '/etc/libvirt'].map(
    (path) => `mount -t tmpfs tmpfs ${path}`,
  );
  // The user that its guests would run as may be missing here.
  const accounts = ['passwd', 'group'].map((name) => {
    const path = join(directory, name);
    const known = readFileSync(`/etc/${name}`, 'utf8');
    const entry = name === 'passwd' ? 'libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin' : 'libvirt-qemu:x:64055:';
    writeFileSync(path, known.includes('libvirt-qemu:') ? known : `${known}${entry}\nkvm:x:64056:\n`);
    return `mount --bind ${path} /etc/${name}`;
  });
  const script = [...mounts, ...accounts, 'exec "$0" --config "$1" --pid-file "$2/pid"'].join(' && ');
  const args = ['--net', '--mount', 'sh', '-c', script, libvirtd, config, directory];
  return spawn('unshare', args, { stdio: 'ignore' });
}

export async function benchServiceIdle(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-'));
  const agent = startAgent(directory);
  const libvirt = startLibvirt(directory);
  const lost = libvirt === undefined ? undefined : once(libvirt, 'exit').then(() => undefined);
  try {
    await answered(directory);
    const [own, other] = await Promise.all([
      idle(agent.pid ?? 0),
      libvirt === undefined ? undefined : Promise.race([idle(libvirt.pid ?? 0), lost]),
    ]);
    const rows: BenchRow[] = [
      { name: 'idle agent', value: own.processor, unit: '% of a core', target: '< 1', ok: own.processor < 1 },
      { name: 'memory of an idle agent', value: own.mebibytes, unit: 'MiB', target: '', ok: undefined },
    ];
    if (other !== undefined) {
      rows.push(
        { name: 'idle libvirtd', value: other.processor, unit: '% of a core', target: '', ok: undefined },
        { name: 'memory of an idle libvirtd', value: other.mebibytes, unit: 'MiB', target: '', ok: undefined },
      );
    }
    return rows;
  } finally {
    await stopProcess(agent);
    if (libvirt !== undefined) await stopProcess(libvirt);
    rmSync(directory, { recursive: true, force: true });
  }
}
