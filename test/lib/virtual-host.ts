/**
 * Machines for tests: the real systemd as PID 1 (systemd-nspawn) over this machine's own root and an overlay, so that
 * whatever happens in them stays in them. Each takes half a second to come up. They have no network but their own loopback.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** Where it is inside. Not at its own place, which a unit with a /tmp of its own might not see. */
export const repositoryInside = '/srv/repository-of-tests';
const modules = realpathSync(join(repository, 'node_modules'));

/** Where a file of the checkout is inside; others are at their own place. */
function placeInside(path: string): string {
  return path.startsWith(`${repository}/`) ? repositoryInside + path.slice(repository.length) : path;
}

const node = realpathSync(process.execPath);
/** Node.js as the tests run on, inside. */
export const nodeInside = placeInside(node);

/** Why there can be no virtual hosts on this machine; undefined when there can. */
export function whyNoVirtualHost(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can start virtual hosts';
  for (const program of ['systemd-nspawn', 'nsenter', 'setpriv', 'dbus-daemon']) {
    const found = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, program)));
    if (!found) return `${program} is not installed`;
  }
  if (!existsSync('/lib/systemd/systemd')) return 'systemd is not installed';
  try {
    execFileSync('unshare', ['--mount', '--uts', '--net', '--pid', '--fork', 'true'], { stdio: 'ignore' });
  } catch {
    return 'this machine permits no namespaces';
  }
  return undefined;
}

export interface VirtualHostOptions {
  /** Files to be there before it starts, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** Units to start with it, beside D-Bus and logind. */
  readonly wants?: readonly string[];
  /** What its root may do beside the usual, such as CAP_SYSLOG to read the kernel's messages, which are those of this machine. */
  readonly capabilities?: readonly string[];
  /** The root of a file system to run over; this machine's own unless another one is given. Stays as it is. */
  readonly base?: string;
}

interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** systemd-nspawn ends with this when the machine asked for a reboot. */
const rebootExit = 133;

export class VirtualHost {
  readonly name: string;
  readonly #directory: string;
  readonly #capabilities: readonly string[];
  #nspawn: ChildProcess | undefined;
  #init = 0;
  #starts = 0;
  #removed = false;
  #over: Promise<void> = Promise.resolve();

  private constructor(directory: string, capabilities: readonly string[]) {
    this.#directory = directory;
    this.#capabilities = capabilities;
    this.name = `quorate-${directory.slice(-6).toLowerCase()}`;
  }

  /** Resolves when systemd says that it is running. */
  static async start(options: VirtualHostOptions = {}): Promise<VirtualHost> {
    const host = new VirtualHost(await mkdtemp(join(tmpdir(), 'quorate-host-')), options.capabilities ?? []);
    try {
      await host.#prepare(options);
      host.#over = host.#supervise();
      await host.running();
      return host;
    } catch (thrown) {
      await host.remove();
      throw thrown;
    }
  }

  /** How often it has been started: 1, and one more for each reboot. */
  get starts(): number {
    return this.#starts;
  }

  get isUp(): boolean {
    return this.#nspawn !== undefined;
  }

  /** Its root folder, as it is seen from inside, /run and /tmp included. Another one after each start. */
  get root(): string {
    return `/proc/${this.#init}/root`;
  }

  /** Runs a program inside. */
  async run(program: string, ...args: readonly string[]): Promise<Outcome> {
    const spaces = ['-t', String(this.#init), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w'];
    const child = spawn('nsenter', [...spaces, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      timeout: 30_000,
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (texts.stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (texts.stderr += piece));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, ...texts };
  }

  /** As `run`, for programs that must succeed. Resolves to what they printed. */
  async get(program: string, ...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(program, ...args);
    if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /** Waits until its systemd is up and has nothing left to start; a unit may have failed. */
  async running(): Promise<void> {
    await until('the virtual host runs', async () => {
      if (this.#init === 0) return false;
      const { stdout } = await this.run('systemctl', 'is-system-running');
      return ['running', 'degraded'].includes(stdout.trim());
    });
  }

  /** Waits for its next start, and until that one is running. */
  async rebooted(starts: number): Promise<void> {
    await until('the virtual host starts again', () => this.#starts > starts && this.#init !== 0);
    await this.running();
  }

  /** Waits until it is switched off. */
  async off(): Promise<void> {
    await until('the virtual host is off', () => !this.isUp);
  }

  /** What the machine's console showed. */
  console(): string {
    const path = join(this.#directory, 'console');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** As when the power fails. */
  async crash(): Promise<void> {
    this.#removed = true;
    if (this.#init !== 0) process.kill(this.#init, 'SIGKILL');
    await this.#over;
  }

  async remove(): Promise<void> {
    if (this.isUp) await this.crash();
    this.#removed = true;
    for (const mount of ['root', 'self']) {
      const path = join(this.#directory, mount);
      if (existsSync(path)) await once(spawn('umount', ['-l', path], { stdio: 'ignore' }), 'exit');
    }
    await rm(this.#directory, { recursive: true, force: true });
    for (const group of this.#groups()) await removeGroup(group);
  }

  async #prepare({ files = {}, wants = [], base = '/' }: VirtualHostOptions): Promise<void> {
    const at = (name: string): string => join(this.#directory, name);
    for (const name of ['self', 'upper', 'work', 'root']) await mkdir(at(name));
    execFileSync('mount', ['--bind', base, at('self')]);
    const layers = `lowerdir=${at('self')},upperdir=${at('upper')},workdir=${at('work')}`;
    execFileSync('mount', ['-t', 'overlay', '-o', layers, this.name, at('root')]);
    const target = ['[Unit]', 'Requires=basic.target', 'After=basic.target', 'AllowIsolate=yes'];
    const started = ['dbus.socket', 'systemd-logind.service', ...wants];
    // `running` then means that all of them are up.
    target.push(`Wants=${started.join(' ')}`, `After=${started.join(' ')}`);
    const all: Record<string, string> = {
      '/etc/hostname': `${this.name}\n`,
      '/etc/machine-id': `${Buffer.from(this.name).toString('hex').padEnd(32, '0').slice(0, 32)}\n`,
      '/etc/hosts': '127.0.0.1 localhost\n',
      '/etc/systemd/system/virtual-host.target': `${target.join('\n')}\n`,
      ...files,
    };
    for (const path of [
      '/.dockerenv',
      '/etc/systemd/system/default.target',
      '/etc/machine-id',
      '/etc/hosts',
      '/etc/hostname',
    ]) {
      await rm(join(at('root'), path), { force: true });
    }
    for (const [path, text] of Object.entries(all)) {
      await mkdir(dirname(join(at('root'), path)), { recursive: true });
      await writeFile(join(at('root'), path), text);
    }
    execFileSync('ln', ['-s', 'virtual-host.target', join(at('root'), '/etc/systemd/system/default.target')]);
  }

  /** Two machines in one control group would take each other for themselves. */
  #groups(): readonly string[] {
    const trees = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'].filter((tree) => existsSync(tree));
    return (trees.length > 0 ? trees : ['/sys/fs/cgroup']).map((tree) => join(tree, this.name));
  }

  async #supervise(): Promise<void> {
    for (;;) {
      const exitCode = await this.#once();
      if (exitCode !== rebootExit || this.#removed) return;
    }
  }

  async #once(): Promise<number | null> {
    const enter = this.#groups().map((group) => `mkdir -p ${group}; echo $$ > ${group}/cgroup.procs; `);
    const options = ['--boot', '--quiet', '--register=no', '--keep-unit', '--private-network', '--console=pipe'];
    options.push('--link-journal=no', '--timezone=off', '--resolv-conf=off', `--machine=${this.name}`);
    if (this.#capabilities.length > 0) options.push(`--capability=${this.#capabilities.join(',')}`);
    options.push(`--bind-ro=${repository}:${repositoryInside}`);
    for (const path of new Set([modules, node])) {
      if (placeInside(path) === path) options.push(`--bind-ro=${path}`);
    }
    options.push(`--directory=${join(this.#directory, 'root')}`);
    const script = `${enter.join('')}exec setpriv --pdeathsig KILL systemd-nspawn "$@" >> ${this.#directory}/console 2>&1`;
    const child = spawn('sh', ['-c', script, 'sh', ...options], { stdio: 'ignore' });
    const over = once(child, 'exit') as Promise<[number | null]>;
    this.#nspawn = child;
    this.#starts += 1;
    void this.#find(child);
    const [exitCode] = await over;
    this.#init = 0;
    this.#nspawn = undefined;
    return exitCode;
  }

  /** The process that is PID 1 inside: the child of systemd-nspawn that has become systemd. */
  async #find(child: ChildProcess): Promise<void> {
    await until('systemd starts in the virtual host', () => {
      if (child.exitCode !== null || child.signalCode !== null) return true;
      const children = readText(`/proc/${child.pid}/task/${child.pid}/children`).trim().split(' ');
      const init = children.find((pid) => readText(`/proc/${pid}/comm`).trim() === 'systemd');
      if (init !== undefined) this.#init = Number(init);
      return init !== undefined;
    }).catch(() => undefined);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function removeGroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(path, entry.name));
  }
  await rmdir(path).catch(() => undefined);
}

/** Asks again and again; a machine that does not get there within the time fails the test with a sentence. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await sleep(20);
  }
}
