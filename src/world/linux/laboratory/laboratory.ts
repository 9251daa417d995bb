import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Laboratory, LaboratoryHost, LaboratoryOptions } from '../../../conformance/laboratory.ts';
import { LaboratoryError } from '../../../conformance/laboratory.ts';
import { limits } from '../../../lib/limits.ts';
import { writeXhadConfiguration } from '../../../stack/xhad-conf.ts';
import { monotonicMs } from './execute.ts';
import { namespaceOf } from './host-processes.ts';
import { statefilePlaces } from './host-script.ts';
import { KeeperLink, keeperProgram } from './keeper-link.ts';
import type { KeeperMessage, KeeperOptions } from './protocol.ts';
import { RemoteHost } from './remote-host.ts';
import { requiredTools, scratchPlace } from './requirements.ts';

const namespaceKinds = ['mnt', 'pid', 'net', 'uts', 'ipc'];

/**
 * Makes virtual hosts and switches them on. Rejects with LaboratoryError when this machine cannot. Needs root. Whatever happens to
 * this process afterwards, nothing of the laboratory outlives it.
 */
export async function createLaboratory(options: LaboratoryOptions): Promise<Laboratory> {
  options.signal?.throwIfAborted();
  const laboratory = new LinuxLaboratory(options);
  const aborted = (): void => void laboratory.close();
  options.signal?.addEventListener('abort', aborted, { once: true });
  try {
    await laboratory.start();
  } catch (error) {
    await laboratory.close();
    options.signal?.throwIfAborted();
    throw error;
  }
  return laboratory;
}

class LinuxLaboratory implements Laboratory {
  readonly hosts: readonly LaboratoryHost[];
  readonly #hosts: readonly RemoteHost[];
  readonly #options: LaboratoryOptions;
  readonly #link: KeeperLink;
  readonly #keeperOptions: KeeperOptions;
  readonly #lines = new Map<number, (line: string) => void>();
  #generation: string = randomUUID();
  #closing: Promise<void> | undefined;

  constructor(options: LaboratoryOptions) {
    if (options.hostCount < 1 || options.hostCount > limits.laboratoryHosts) {
      throw new LaboratoryError(`A laboratory has 1 to ${limits.laboratoryHosts} hosts, not ${options.hostCount}.`);
    }
    this.#options = options;
    const tools = requiredTools();
    const stackDirectory = realpathSync(options.stackDirectory);
    // In the order of their uuids, so that the index in the liveset is the number here less one.
    const uuids = Array.from({ length: options.hostCount }, () => randomUUID()).sort();
    this.#link = new KeeperLink(tools, options.hostCount, (message) => this.#take(message));
    this.#hosts = uuids.map(
      (uuid, index) =>
        new RemoteHost({ index: index + 1, uuid, address: `10.213.77.${index + 1}` }, this.#link, this.#lines),
    );
    this.hosts = this.#hosts;
    this.#keeperOptions = {
      tools,
      machineNamespaces: Object.fromEntries(namespaceKinds.map((kind) => [kind, namespaceOf('self', kind) ?? ''])),
      stackDirectory,
      scratch: scratchPlace([stackDirectory, process.execPath, realpathSync(process.execPath), keeperProgram()]),
      hosts: this.#hosts.map((host) => ({
        name: `host${host.index}`,
        address: host.address,
        configuration: this.#configuration(host),
      })),
      statefile: options.statefile,
      statefileBytes: limits.statefileBytes,
      watchdogMs: options.watchdogMs,
      overlays: options.overlays ?? true,
    };
  }

  async start(): Promise<void> {
    await this.#link.ask('create', this.#keeperOptions);
  }

  nowMs(): number {
    return monotonicMs();
  }

  async sleep(delayMs: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  }

  readStatefile(): Promise<Uint8Array> {
    return this.#link.ask('readStatefile');
  }

  damageStatefile(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#link.ask('damageStatefile', offset, bytes);
  }

  async newGeneration(): Promise<void> {
    this.#generation = randomUUID();
    await Promise.all(this.#hosts.map((host) => this.setConfiguration(host.index, this.#configuration(host))));
  }

  setConfiguration(host: number, text: string | undefined): Promise<void> {
    return this.#link.ask('setConfiguration', host, text);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What the keeper does not give back in time, the kernel takes from it.
    await Promise.race([
      this.#link.ask('close').catch(() => undefined),
      sleep(limits.laboratoryCloseMs, undefined, { ref: false }),
    ]);
    await this.#link.end();
  }

  #configuration(host: RemoteHost): string {
    const { watchdogMode } = this.#options;
    return writeXhadConfiguration({
      generation: this.#generation,
      udpPort: 694,
      hosts: this.#hosts.map(({ uuid, address }) => ({ uuid, address })),
      parameters: { ...this.#options.timeouts, ...healthChecks },
      local: {
        uuid: host.uuid,
        heartbeatInterface: 'eth0',
        heartbeatPhysicalInterface: 'eth0',
        statefile: statefilePlaces[this.#options.statefile],
        ...(watchdogMode === undefined ? {} : { watchdogMode }),
      },
    });
  }

  #take(message: KeeperMessage): void {
    if (message.kind === 'line') this.#lines.get(message.run)?.(message.line);
    else if (message.kind === 'started') this.#hosts[message.host - 1]?.started();
    else if (message.kind === 'armed') this.#hosts[message.host - 1]?.armed(message.armed);
    else if (message.kind === 'ended') this.#hosts[message.host - 1]?.hasEnded(message.end);
  }
}

/** Of the agent, which no laboratory has: far apart, so that a stack that checks it does so seldom. */
const healthChecks = {
  healthCheckIntervalSeconds: 60,
  healthCheckTimeoutSeconds: 120,
  restartAttemptCount: 1,
  restartTimeoutSeconds: 300,
};
