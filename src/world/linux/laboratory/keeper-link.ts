import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LaboratoryError } from '../../../conformance/laboratory.ts';
import { limits } from '../../../lib/limits.ts';
import type { KeeperMessage, KeeperRequest, KeeperTools, KeeperVerb, KeeperVerbs } from './protocol.ts';

/** Bundled, the keeper's program lies beside the bundle; in the sources, beside this file. */
export function keeperProgram(): string {
  const name = import.meta.url.endsWith('.ts') ? './keeper-worker.ts' : './keeper-worker.js';
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * Without cores: a program that ends by a signal would have one written where the laboratory is not. And ahead of all others where that
 * is allowed: the keeper is the disk and the watchdog of its hosts, and these are not late because a machine is busy.
 */
const prelude = 'ulimit -c 0; ! chrt -r 20 true 2>/dev/null || set -- chrt -r 20 "$@"; exec "$@"';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The kit's end of the channel to the keeper, which it starts. */
export class KeeperLink {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #received: (message: KeeperMessage) => void;
  readonly #gone: Promise<void>;
  #nextId = 1;
  #complaint = '';
  #over = false;

  constructor(tools: KeeperTools, hostCount: number, received: (message: KeeperMessage) => void) {
    this.#received = received;
    // If the kit is killed, the kernel kills unshare, and with it process 1 of the namespace: nobody is left to hold anything.
    const guard = [tools.setpriv, '--pdeathsig', 'KILL', '--', tools.unshare];
    const apart = ['--mount', '--net', '--pid', '--uts', '--ipc', '--propagation', 'private', '--fork', '--kill-child'];
    const program = ['--mount-proc', process.execPath, keeperProgram()];
    this.#child = spawn(tools.shell, ['-c', prelude, 'sh', ...guard, ...apart, ...program], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      detached: true,
      // Each statefile keeps a thread waiting for requests.
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', UV_THREADPOOL_SIZE: String(hostCount + 8) },
    });
    this.#child.stderr?.on('data', (piece: Buffer) => {
      this.#complaint = (this.#complaint + piece.toString('utf8')).slice(0, limits.laboratoryOutputBytes);
    });
    this.#child.on('message', (message: KeeperMessage) => this.#take(message));
    this.#child.on('disconnect', () => this.#child.kill('SIGKILL'));
    this.#child.on('error', (error) => this.#end(error.message));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gone = promise;
    this.#child.on('close', () => {
      this.#end(this.#complaint.trim() || 'its keeper has ended');
      resolve();
    });
  }

  ask<Verb extends KeeperVerb>(
    verb: Verb,
    ...args: Parameters<KeeperVerbs[Verb]>
  ): Promise<ReturnType<KeeperVerbs[Verb]>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#nextId++;
    if (this.#over) reject(new LaboratoryError('The laboratory has been closed.'));
    else {
      this.#pending.set(id, { resolve, reject });
      const request: KeeperRequest = { id, verb, args };
      this.#child.send(request, (error) => {
        if (error !== null) this.#settle(id)?.reject(new LaboratoryError('The laboratory has been closed.'));
      });
    }
    return promise as Promise<ReturnType<KeeperVerbs[Verb]>>;
  }

  /** Ends the keeper, and with it everything that it has. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  #take(message: KeeperMessage): void {
    if (message.kind === 'answer') this.#settle(message.id)?.resolve(message.value);
    else if (message.kind === 'failure') {
      const error = message.unable ? new LaboratoryError(message.message) : new Error(message.message);
      this.#settle(message.id)?.reject(error);
    } else this.#received(message);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(reason: string): void {
    this.#over = true;
    for (const id of this.#pending.keys()) {
      this.#settle(id)?.reject(new LaboratoryError(`The laboratory has ended: ${reason}`));
    }
  }
}
