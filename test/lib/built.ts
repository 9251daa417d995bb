/** The programs as `npm run build` makes them, run as processes of their own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { call } from '../../src/world/linux/http-call.ts';
import { ApiClient } from './api-client.ts';

const root = join(import.meta.dirname, '../..');
const modules = join(root, 'node_modules');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A daemon that runs. */
export class Daemon {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (piece: Buffer) => (this.#stdout += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (this.#stderr += piece.toString()));
    this.ended = once(child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Resolves to the addresses that it prints: the socket's path first, then those for TLS. */
  async up(): Promise<readonly string[]> {
    await this.#printed('Ctrl-C');
    const found = [...this.#stdout.matchAll(/^ {2}(?:socket|TLS) +(\S+)/gm)].map(([, address]) => address ?? '');
    if (found.length === 0) throw new Error(`no addresses in: ${this.#stdout}`);
    return found;
  }

  async client(): Promise<ApiClient> {
    const [socketPath = ''] = await this.up();
    return new ApiClient({ call }, { socketPath }).login();
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  async #printed(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) {
      const more = once(this.child.stdout ?? this.child, 'data').then(() => undefined);
      const ended = await Promise.race([more, this.ended]);
      if (ended !== undefined) throw new Error(`it ended with ${ended.code}: ${ended.stdout}${ended.stderr}`);
    }
  }
}

export class Built {
  /** A directory of its own, as deep as tests need it to be. */
  readonly directory: string;
  readonly #running = new Set<Daemon>();

  /** Builds both programs into a temporary directory, by the script of package.json. */
  static async make(): Promise<Built> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-built-'));
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: { build: string };
    };
    const script = scripts.build.replace('--outdir=dist', `--outdir=${directory}/dist`);
    const env = { ...process.env, PATH: [join(modules, '.bin'), process.env['PATH']].join(delimiter) };
    await promisify(execFile)('sh', ['-c', script], { cwd: root, env });
    await writeFile(join(directory, 'package.json'), '{"type": "module"}');
    await symlink(modules, join(directory, 'node_modules'));
    return new Built(directory);
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  start(...args: readonly string[]): Daemon {
    const daemon = new Daemon(this.#spawn('quorated', args));
    this.#running.add(daemon);
    void daemon.ended.then(() => this.#running.delete(daemon));
    return daemon;
  }

  /** Runs the command line to its end. */
  quorate(...args: readonly string[]): Promise<Ended> {
    return new Daemon(this.#spawn('quorate', args)).ended;
  }

  /** Ends whatever still runs and removes everything. */
  async remove(): Promise<void> {
    await Promise.all([...this.#running].map((daemon) => daemon.stop('SIGKILL')));
    await rm(this.directory, { recursive: true, force: true });
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const file = join(this.directory, 'dist', `${program}.js`);
    const env = { PATH: process.env['PATH'] ?? '', HOME: this.directory };
    return spawn(process.execPath, [file, ...args], { cwd: this.directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
