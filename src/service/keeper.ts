/** Keeps the service manager informed: that the agent is up, how it does, and that it is alive. */
import { limits } from '../lib/limits.ts';
import type { Service } from '../world/service.ts';
import type { Cancel, Clock, Log } from '../world/world.ts';

export interface KeeperParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly service: Service;
  /** What is so wrong that only a new start can help; undefined when nothing is. */
  readonly findFault: () => Promise<string | undefined>;
  /** One sentence on how the agent does. */
  readonly describe: () => string;
}

export class ServiceKeeper {
  readonly #parts: KeeperParts;
  #status = '';
  #fault: string | undefined;
  #cancel: Cancel = () => {};
  #stopped = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The agent serves: says so, and from now on says regularly how it does. */
  async ready(): Promise<void> {
    const { service, describe } = this.#parts;
    if (!service.managed || this.#stopped) return;
    this.#status = describe();
    this.#plan();
    await service.tell({ state: 'ready', alive: true, status: this.#status });
  }

  /** Does `work` while the service manager knows that the agent reloads. */
  async reload(work: () => Promise<void>): Promise<void> {
    const { service } = this.#parts;
    await service.tell({ state: 'reloading', status: 'Reloading.' });
    try {
      await work();
    } finally {
      if (!this.#stopped) await this.ready();
    }
  }

  /** The agent begins to stop. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#parts.service.tell({ state: 'stopping', status: 'Stopping: what runs is finished and made durable.' });
  }

  #plan(): void {
    this.#cancel();
    const { watchdogMs } = this.#parts.service;
    // A fault may pass: one that is looked for often passes before the watchdog acts.
    const share = this.#fault === undefined ? 2 : 8;
    const delayMs = watchdogMs === undefined ? limits.serviceStatusMs : watchdogMs / share;
    this.#cancel = this.#parts.clock.after(delayMs, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    const { service, findFault, describe } = this.#parts;
    const fault = service.watchdogMs === undefined ? undefined : await findFault();
    if (this.#stopped) return;
    this.#note(fault);
    const status = fault === undefined ? describe() : `Not in order: ${fault}.`;
    const changed = status === this.#status ? {} : { status };
    const alive = service.watchdogMs === undefined || fault !== undefined ? {} : { alive: true };
    if ('status' in changed || 'alive' in alive) {
      const told = await service.tell({ ...alive, ...changed });
      if (told) this.#status = status;
    }
    if (!this.#stopped) this.#plan();
  }

  #note(fault: string | undefined): void {
    const { log } = this.#parts;
    if (fault !== undefined && this.#fault === undefined) {
      log.write('error', 'health-lost', `The agent is not in order, and systemd will start it anew: ${fault}.`);
    } else if (fault === undefined && this.#fault !== undefined) {
      log.write('info', 'health-regained', 'The agent is in order again.');
    }
    this.#fault = fault;
  }
}
