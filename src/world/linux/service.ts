import { fstatSync, readFileSync } from 'node:fs';
import { inOrder } from '../../lib/in-order.ts';
import type { Limits } from '../../lib/limits.ts';
import type { InheritedSocket, Service, ServiceNews } from '../service.ts';
import type { Log, Programs } from '../world.ts';

export interface ServiceParts {
  readonly programs: Programs;
  readonly log: Log;
  readonly limits: Limits;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
}

/** The first descriptor that systemd hands over. */
const firstInherited = 3;

/**
 * systemd, as it shows itself in the environment (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)).
 * Node has no datagram sockets of the Unix kind, so that the program systemd-notify does the telling: 6 to 19 ms, in a child.
 */
export function createService(parts: ServiceParts): Service {
  const { environment, pid } = parts;
  const socket = environment['NOTIFY_SOCKET'] ?? '';
  const managed = socket !== '';
  const watched = managed && [undefined, String(pid)].includes(environment['WATCHDOG_PID']);
  const watchdogMs = Number(environment['WATCHDOG_USEC']) / 1000;
  const notifier = new Notifier(parts, socket);
  const ordered = inOrder();
  return {
    managed,
    watchdogMs: watched && watchdogMs > 0 ? watchdogMs : undefined,
    inherited: environment['LISTEN_PID'] === String(pid) ? inheritedSockets(environment) : [],
    tell: (news) => (managed ? ordered('news', () => notifier.tell(news)) : Promise.resolve(false)),
  };
}

class Notifier {
  readonly #parts: ServiceParts;
  readonly #socket: string;
  #failing = false;

  constructor(parts: ServiceParts, socket: string) {
    this.#parts = parts;
    this.#socket = socket;
  }

  async tell(news: ServiceNews): Promise<boolean> {
    const { programs, limits } = this.#parts;
    let reason: string;
    try {
      const { exitCode, timedOut, stderr } = await programs.run('systemd-notify', assignments(news), {
        timeoutMs: limits.serviceNotifyMs,
        maxOutputBytes: 4096,
        environment: { NOTIFY_SOCKET: this.#socket },
      });
      if (exitCode === 0) {
        this.#failing = false;
        return true;
      }
      reason = timedOut ? `no answer within ${limits.serviceNotifyMs} ms` : stderr.trim();
    } catch (thrown) {
      reason = thrown instanceof Error ? thrown.message : String(thrown);
    }
    if (!this.#failing) {
      this.#parts.log.write('warn', 'service-manager-unreachable', 'systemd could not be told how the agent does.', {
        reason,
      });
    }
    this.#failing = true;
    return false;
  }
}

/** The words of sd_notify(3). */
function assignments({ state, alive, status }: ServiceNews): string[] {
  const words: string[] = [];
  if (state === 'ready') words.push('READY=1');
  // Newer versions of systemd want to know since when, on the clock that Node reads here.
  if (state === 'reloading') words.push('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  if (state === 'stopping') words.push('STOPPING=1');
  if (alive === true) words.push('WATCHDOG=1');
  if (status !== undefined) words.push(`STATUS=${status.replaceAll(/\p{Cc}/gu, ' ')}`);
  return words;
}

function inheritedSockets(environment: ServiceParts['environment']): readonly InheritedSocket[] {
  const count = Number(environment['LISTEN_FDS']);
  if (!Number.isInteger(count) || count < 1) return [];
  const names = (environment['LISTEN_FDNAMES'] ?? '').split(':');
  const paths = unixSocketPaths(readFileSync('/proc/net/unix', 'utf8'));
  const found: InheritedSocket[] = [];
  for (let index = 0; index < count; index += 1) {
    const fd = firstInherited + index;
    const path = paths.get(inodeOf(fd));
    if (path !== undefined) found.push({ name: names[index] ?? '', path, fd });
  }
  return found;
}

function inodeOf(fd: number): number {
  try {
    return fstatSync(fd).ino;
  } catch {
    return 0;
  }
}

/** Inode -> path of the Unix sockets that listen; the flag for that is the kernel's __SO_ACCEPTCON. */
export function unixSocketPaths(table: string): ReadonlyMap<number, string> {
  const paths = new Map<number, string>();
  for (const line of table.split('\n').slice(1)) {
    const [, , , flags = '', , , inode, ...rest] = line.trim().split(/\s+/);
    const path = rest.join(' ');
    if ((Number.parseInt(flags, 16) & 0x1_00_00) !== 0 && path.startsWith('/')) paths.set(Number(inode), path);
  }
  return paths;
}
