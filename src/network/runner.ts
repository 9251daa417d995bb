/** Carries out changes of the network: all of a change or nothing of it. */
import { dirname } from 'node:path';
import { limits } from '../lib/limits.ts';
import { FileError, type World } from '../world/world.ts';
import { commandOf, type NetworkAction, type Step, sentenceOf } from './actions.ts';
import { ChangeFailed } from './change-failed.ts';
import { isDone, type KernelSources, readKernel, type Settled, unsettledOf } from './kernel.ts';
import { answers, type Reachability, waitUntilReachable } from './probe.ts';
import { UndoList } from './undo-list.ts';

export interface NetworkChange {
  /** What asked for it, for the log. */
  readonly why: string;
  /** What changes now. */
  readonly steps: readonly Step[];
  /** What makes it last beyond the next start of the machine; done once the rest has proved itself. */
  readonly lasting: readonly Step[];
  /** What must be so once the configuration system has read its files. Devices that are not there are not looked at. */
  readonly settled: readonly Settled[];
  /** How the host must be reachable afterwards; undefined when the change does not touch that. */
  readonly reachable: Reachability | undefined;
}

export interface RunnerOptions {
  readonly world: Pick<World, 'clock' | 'files' | 'programs' | 'log'>;
  readonly directory: string;
  readonly sources: KernelSources;
  /** How long a change of the management interface has to prove itself. */
  readonly rollbackMs: number;
}

export class ChangeRunner {
  readonly #options: RunnerOptions;
  readonly #undoList: UndoList;
  #rollbackMs: number;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#rollbackMs = options.rollbackMs;
    this.#undoList = new UndoList(options.world.files, options.directory);
  }

  /** Counts for changes that begin from now on. */
  configure(rollbackMs: number): void {
    this.#rollbackMs = rollbackMs;
  }

  /** Rejects with ChangeFailed after everything was taken back. */
  async run(change: NetworkChange): Promise<void> {
    const { why, lasting } = change;
    const { log } = this.#options.world;
    const all = [...change.steps, ...lasting];
    if (all.length === 0) return;
    const reachable = await this.#realistic(change.reachable);
    await this.#undoList.keep(why, undosOf(all));
    log.write('info', 'network-change-started', `The network is changed: ${why}.`, { steps: all.length });
    const begun: Step[] = [];
    try {
      await this.#perform(change.steps, begun);
      await this.#prove(reachable);
      await this.#perform(lasting, begun);
      if (lasting.length > 0) await this.#settle(change.settled);
      if (lasting.length > 0) await this.#prove(reachable);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      const sentence = `A change of the network did not work out and is taken back: ${why}.`;
      log.write('warn', 'network-change-undone', sentence, { reason });
      await this.#undo(undosOf(begun));
      await this.#undoList.forget();
      throw new ChangeFailed(reason);
    }
    await this.#undoList.forget();
    log.write('info', 'network-change-done', `The network is changed as asked: ${why}.`, { steps: all.length });
  }

  /** Takes back what an agent left half done that ended in the middle of it. To be called before the network is used. */
  async recover(): Promise<void> {
    const { log } = this.#options.world;
    try {
      const left = await this.#undoList.left();
      if (left === undefined) return;
      const sentence = `The agent ended in the middle of a change of the network, which is taken back: ${left.why}.`;
      log.write('warn', 'network-change-left', sentence, { steps: left.actions.length });
      await this.#undo(left.actions);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      log.write('error', 'network-undo-unreadable', 'What is left of a change of the network cannot be taken back.', {
        reason,
      });
    }
    await this.#undoList.forget();
  }

  /** A gateway that did not answer before need not do so afterwards. */
  async #realistic(wanted: Reachability | undefined): Promise<Reachability | undefined> {
    if (wanted === undefined || wanted.gateway === '') return wanted;
    const { sources, world } = this.#options;
    const kernel = await readKernel(sources);
    const route = kernel?.routes.find((one) => one.destination === 'default' && one.gateway === wanted.gateway);
    if (route === undefined || (await answers(this.#options, route.device, wanted.gateway))) return wanted;
    world.log.write(
      'warn',
      'network-gateway-silent',
      'The gateway does not answer even before the change; it is not asked afterwards.',
    );
    return { ...wanted, gateway: '' };
  }

  /** A system takes its time after it was told to follow its files, and may not do what was meant. */
  async #settle(settled: readonly Settled[]): Promise<void> {
    const { world, sources } = this.#options;
    const endMs = world.clock.monotonicMs() + limits.networkSettleMs;
    for (;;) {
      const kernel = await readKernel(sources);
      const missing = kernel === undefined ? undefined : unsettledOf(kernel, settled);
      if (missing === undefined) return;
      if (world.clock.monotonicMs() >= endMs) throw new Error(missing);
      await world.clock.sleep(limits.networkProbeRestMs);
    }
  }

  async #prove(wanted: Reachability | undefined): Promise<void> {
    if (wanted !== undefined) await waitUntilReachable(this.#options, wanted, this.#rollbackMs);
  }

  async #perform(steps: readonly Step[], begun: Step[]): Promise<void> {
    for (const step of steps) {
      // A step that fails may have been half done, so it is taken back too.
      begun.push(step);
      await this.#act(step.action);
    }
  }

  async #undo(actions: readonly NetworkAction[]): Promise<void> {
    for (const action of actions) {
      try {
        await this.#act(action);
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        const sentence = 'A step could not be taken back; look at this part of the network yourself.';
        this.#options.world.log.write('error', 'network-undo-failed', sentence, { step: sentenceOf(action), reason });
      }
    }
  }

  async #write({ path, contents, mode }: Extract<NetworkAction, { act: 'write-file' }>): Promise<void> {
    const { files } = this.#options.world;
    // Folders in /run are made by whoever is the first to need them.
    if (path.startsWith('/run/')) await files.makeDirectory(dirname(path), 0o755);
    await files.writeAtomic(path, contents, mode);
  }

  async #await({ path, lacks }: Extract<NetworkAction, { act: 'await' }>): Promise<void> {
    const { clock } = this.#options.world;
    const endMs = clock.monotonicMs() + limits.networkSettleMs;
    while (((await this.#text(path)) ?? '').includes(lacks)) {
      if (clock.monotonicMs() >= endMs)
        throw new Error(`${path} still has ${lacks} after ${limits.networkSettleMs} ms`);
      await clock.sleep(limits.networkProbeRestMs / 5);
    }
  }

  async #text(path: string): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await this.#options.world.files.read(path, limits.smallFileBytes));
    } catch (thrown) {
      if (thrown instanceof FileError) return undefined;
      throw thrown;
    }
  }

  /** What the kernel shows afterwards decides, not what a program says of itself. */
  async #act(action: NetworkAction): Promise<void> {
    const { world, sources } = this.#options;
    world.log.write('debug', 'network-step', `A step of a change of the network: ${sentenceOf(action)}.`);
    if (action.act === 'write-file') return this.#write(action);
    if (action.act === 'await') return this.#await(action);
    if (action.act === 'remove-file') return world.files.remove(action.path);
    const [program, ...args] = commandOf(action) ?? [];
    if (program === undefined) return;
    const result = await world.programs.run(program, args, {
      timeoutMs: action.act === 'reload' ? limits.quickProgramMs : limits.networkStepMs,
      maxOutputBytes: limits.smallOutputBytes,
    });
    const said = result.timedOut
      ? 'it did not end in time'
      : result.stderr.trim() || `it ended with ${result.exitCode}`;
    if (action.act === 'reload') {
      if (result.exitCode !== 0) throw new Error(`${sentenceOf(action)}: ${said}`);
      return;
    }
    const kernel = await readKernel(sources);
    if (kernel === undefined || !isDone(action, kernel)) throw new Error(`${sentenceOf(action)}: ${said}`);
  }
}

function undosOf(steps: readonly Step[]): NetworkAction[] {
  return steps.map(({ undo }) => undo).toReversed();
}
