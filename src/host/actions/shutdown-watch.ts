/**
 * Ends cleanly before a reboot that somebody else starts. A delay lock of logind makes the machine wait; when logind says
 * that it is about to go down, the clean path runs and the lock is let go.
 */
import { limits } from '../../lib/limits.ts';
import type { Cancel, World } from '../../world/world.ts';
import type { CleanPath } from './clean-path.ts';
import { delayedBy, logindProperty, shutdownSignal } from './logind.ts';

const who = 'quorate';
/** The lock is a file descriptor, which cannot be taken over D-Bus here; a small program holds it, and ends with the agent. */
const holder = ['--pdeathsig', 'TERM', 'systemd-inhibit', '--what=shutdown', '--mode=delay', `--who=${who}`];
const why = '--why=The agent ends guests and its own work in order';
/** Timers end at 24 days; then the lock is taken anew. */
const longestHoldMs = 2_000_000_000;
/** Of the time that logind grants, this part is used; the rest is for letting go. */
const usedPart = 0.8;

type Machine = Pick<World, 'bus' | 'programs' | 'clock' | 'log'>;

export class ShutdownWatch {
  readonly #world: Machine;
  readonly #cleanPath: CleanPath;
  readonly #stops: Cancel[] = [];
  #held: AbortController | undefined;
  #holding: Promise<void> = Promise.resolve();
  #retry: Cancel = () => {};
  #failures = 0;
  #stopped = false;
  #goingDown = false;

  constructor(world: Machine, cleanPath: CleanPath) {
    this.#world = world;
    this.#cleanPath = cleanPath;
  }

  start(): void {
    const { bus, log } = this.#world;
    this.#stops.push(
      bus.onState(({ connected, reason }) => {
        if (connected) this.#background(() => this.#look());
        else
          log.write('warn', 'bus-lost', 'There is no D-Bus now: a reboot that somebody else starts goes unnoticed.', {
            reason,
          });
      }),
      bus.subscribe(shutdownSignal, ({ args }) => this.#background(() => this.#prepare(args[0] === true))),
    );
    if (bus.state.connected) this.#background(() => this.#look());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
    await this.#release();
  }

  #background(work: () => Promise<void>): void {
    work().catch((thrown: unknown) => {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#world.log.write('warn', 'shutdown-watch-failed', 'Watching for the end of the machine failed for now.', {
        reason,
      });
    });
  }

  /** After each connection: the machine may be going down already. */
  async #look(): Promise<void> {
    const goingDown = (await logindProperty(this.#world.bus, 'PreparingForShutdown')) === true;
    if (goingDown || this.#goingDown) await this.#prepare(goingDown);
    if (!goingDown) this.#hold();
  }

  async #prepare(goingDown: boolean): Promise<void> {
    this.#goingDown = goingDown;
    if (!goingDown) {
      await this.#cleanPath.undo();
      this.#hold();
      return;
    }
    const granted = await logindProperty(this.#world.bus, 'InhibitDelayMaxUSec').catch(() => undefined);
    const grantedMs = typeof granted === 'number' && granted > 0 ? granted / 1000 : limits.inhibitDelayMs;
    await this.#cleanPath.run('logind says so', grantedMs * usedPart);
    await this.#release();
  }

  #hold(): void {
    if (this.#held !== undefined || this.#stopped || this.#goingDown) return;
    this.#retry();
    const held = new AbortController();
    this.#held = held;
    this.#holding = this.#holdUntil(held);
  }

  async #holdUntil(held: AbortController): Promise<void> {
    const { programs, clock, log, bus } = this.#world;
    let reason: string;
    try {
      this.#background(() => this.#sayWhenHeld(held.signal));
      const result = await programs.run('setpriv', [...holder, why, 'sleep', 'infinity'], {
        timeoutMs: longestHoldMs,
        maxOutputBytes: limits.smallOutputBytes,
        signal: held.signal,
      });
      reason = result.stderr.trim() || `it ended with ${result.exitCode ?? result.signal}`;
    } catch (thrown) {
      reason = thrown instanceof Error ? thrown.message : String(thrown);
    }
    if (this.#held === held) this.#held = undefined;
    if (held.signal.aborted || this.#stopped) return;
    // Where it is not permitted at all, that is said once.
    if (this.#failures === 0) {
      log.write('warn', 'inhibitor-lost', 'The lock that delays a reboot is not held; it is tried again.', { reason });
    }
    const delayMs = Math.min(limits.inhibitRetryMs * 2 ** this.#failures, limits.inhibitRetryMostMs);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#retry = clock.after(delayMs, () => {
      if (bus.state.connected) this.#hold();
    });
  }

  /** The program says nothing when it has the lock, so logind is asked. */
  async #sayWhenHeld(signal: AbortSignal): Promise<void> {
    const { bus, clock, log } = this.#world;
    for (let waitMs = 20; waitMs < limits.busAnswerMs && !signal.aborted; waitMs *= 2) {
      await clock.sleep(waitMs);
      if (signal.aborted) return;
      if ((await delayedBy(bus)).includes(who)) {
        this.#failures = 0;
        log.write('info', 'inhibitor-held', 'A reboot waits until the agent has ended everything in order.');
        return;
      }
    }
  }

  async #release(): Promise<void> {
    this.#retry();
    this.#held?.abort(new Error('the lock is let go'));
    this.#held = undefined;
    await this.#holding;
  }
}
