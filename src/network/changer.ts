/** One change of the network at a time: look at the kernel, plan, carry out, and make the objects say what came of it. */
import type { Database, Transaction } from '../database/types.ts';
import { ApiError } from '../datamodel/index.ts';
import type { Sources } from '../host/inventory/sources.ts';
import { type InOrder, inOrder } from '../lib/in-order.ts';
import type { World } from '../world/world.ts';
import type { Step } from './actions.ts';
import { ChangeFailed } from './change-failed.ts';
import { type Kernel, readKernel } from './kernel.ts';
import type { DeviceConfiguration } from './persistence/device.ts';
import { type LastingPlan, Persistence } from './persistence/persistence.ts';
import { PlanError } from './planner.ts';
import type { Reachability } from './probe.ts';
import { ChangeRunner } from './runner.ts';

export interface ChangerOptions {
  readonly world: Pick<World, 'clock' | 'files' | 'programs' | 'log'>;
  readonly database: Database;
  readonly sources: Sources;
  readonly directory: string;
  /** How long a change of the management interface has to prove itself. */
  readonly rollbackMs: number;
  /** Brings the objects up to date. Never rejects. */
  readonly refresh: () => Promise<void>;
}

/** What is to be done, as planned for the kernel as it is. */
export interface Outline {
  readonly steps: readonly Step[];
  /** Steps that only make sense together with what makes the change last: nothing but that gives an address by DHCP. */
  readonly needsLasting?: boolean;
  readonly set?: readonly DeviceConfiguration[];
  readonly unset?: readonly string[];
  /** Name of a device that is there, by which the configuration system is recognised; without one nothing is made to last. */
  readonly by?: string;
  /** Devices that the configuration system must leave alone until the change is made. */
  readonly held?: readonly string[];
  /** Devices that lose their addresses, to others or for good. */
  readonly cleared?: readonly string[];
  readonly reachable?: Reachability | undefined;
}

export class Changer {
  readonly #options: ChangerOptions;
  readonly #runner: ChangeRunner;
  readonly #persistence: Persistence;
  readonly #inOrder: InOrder = inOrder();
  #ended = false;

  constructor(options: ChangerOptions) {
    this.#options = options;
    const { world, directory, sources, rollbackMs } = options;
    this.#runner = new ChangeRunner({ world, directory, sources, rollbackMs });
    this.#persistence = new Persistence({ sources, directory, log: world.log });
  }

  recover(): Promise<void> {
    return this.#runner.recover();
  }

  /** Changes one after another, each with the objects true before and after. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#inOrder('network', async () => {
      if (this.#ended) throw new ApiError('INTERNAL_ERROR', 'the agent is stopping');
      return work();
    });
  }

  configure({ rollbackMs }: Pick<ChangerOptions, 'rollbackMs'>): void {
    this.#runner.configure(rollbackMs);
  }

  /** Resolves when what runs has ended; what comes later is refused. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#inOrder('network', () => Promise.resolve());
  }

  /**
   * Carries out a change. To be called in turn.
   * @param pif the interface that an error is about; undefined where it is about none
   */
  async carryOut(why: string, pif: string | undefined, outline: (kernel: Kernel) => Outline): Promise<void> {
    try {
      const kernel = await readKernel(this.#options.sources);
      if (kernel === undefined) throw new ChangeFailed('the kernel could not be asked about its network');
      const planned = outline(kernel);
      const { first, steps: lasting } = await this.#lasting(kernel, planned);
      const { reachable } = planned;
      const steps = [...first, ...planned.steps];
      const settled = (planned.set ?? []).map(({ name, master, ipv4 }) => ({
        name,
        master: master?.name ?? '',
        address: ipv4.mode === 'Static' ? ipv4.address : '',
      }));
      if (planned.needsLasting === true) {
        await this.#runner.run({ why, steps: [], lasting: [...steps, ...lasting], settled, reachable });
      } else await this.#runner.run({ why, steps, lasting, settled, reachable });
    } catch (thrown) {
      throw this.#asApiError(thrown, pif);
    } finally {
      await this.#options.refresh();
    }
  }

  async change<T>(work: (tx: Transaction) => T): Promise<T> {
    const { value, durable } = this.#options.database.transaction(work);
    await durable;
    return value;
  }

  async #lasting(
    kernel: Kernel,
    { set = [], unset = [], by, held = [], cleared = [], needsLasting }: Outline,
  ): Promise<Pick<LastingPlan, 'first' | 'steps'>> {
    if (by === undefined) return { first: [], steps: [] };
    const index = kernel.links.find(({ name }) => name === by)?.index;
    const present = kernel.links.filter(({ name }) => held.includes(name));
    const plan = await this.#persistence.plan({ set, unset, by: { name: by, index }, held: present, cleared });
    if (plan.system === undefined && needsLasting === true)
      throw new ChangeFailed(`nothing on this machine that the agent can use asks for an address for ${by}`);
    return plan;
  }

  #asApiError(thrown: unknown, pif: string | undefined): unknown {
    if (!(thrown instanceof ChangeFailed || thrown instanceof PlanError)) return thrown;
    const { message } = thrown;
    return pif === undefined
      ? new ApiError('OPERATION_NOT_ALLOWED', message)
      : new ApiError('PIF_CONFIGURATION_ERROR', pif, message);
  }
}
