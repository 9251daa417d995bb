/** Updates of the distribution's packages, as objects of the API, and installing them. */
import type { HostUpdates } from '../../api/host-service.ts';
import type { Database, Transaction } from '../../database/types.ts';
import { ApiError } from '../../datamodel/index.ts';
import { limits } from '../../lib/limits.ts';
import type { Cancel, ProgramResult, World } from '../../world/world.ts';
import { findPackageTool, guidanceOf, type PackageTool, precheckPassed, type Update } from './package-tools.ts';
import { failureOf, tryTool } from './tools.ts';

/** Takes away the oldest of what was installed, beyond what is kept. */
function forgetOldest(tx: Transaction): void {
  const installed = tx.refs('host_patch').map((ref) => ({ ref, row: tx.require('host_patch', ref) }));
  const newestFirst = installed.toSorted((a, b) => (a.row.timestamp_applied < b.row.timestamp_applied ? 1 : -1));
  for (const { ref } of newestFirst.slice(limits.updatesKept)) tx.destroy('host_patch', ref);
}

/** Makes the objects those of the updates there are. What a host has installed stays as history until it is destroyed. */
export function applyUpdates(tx: Transaction, updates: readonly Update[]): void {
  forgetOldest(tx);
  const wanted = new Map(updates.map((update) => [`${update.name} ${update.version}`, update]));
  for (const ref of tx.refs('pool_patch')) {
    const row = tx.require('pool_patch', ref);
    const key = `${row.name_label} ${row.version}`;
    const update = wanted.get(key);
    wanted.delete(key);
    if (update === undefined && row.host_patches.length === 0) tx.destroy('pool_patch', ref);
    if (update !== undefined && update.size !== row.size) tx.update('pool_patch', ref, { size: update.size });
  }
  for (const { name, version, description, size } of wanted.values()) {
    tx.create('pool_patch', {
      name_label: name,
      name_description: description,
      version,
      size,
      after_apply_guidance: guidanceOf(name),
    });
  }
}

export interface UpdatesOptions {
  readonly world: World;
  readonly database: Database;
}

export class Updates implements HostUpdates {
  readonly #world: World;
  readonly #database: Database;
  readonly #stops: Cancel[] = [];
  #next: Cancel = () => {};
  #looking: Promise<void> | undefined;
  readonly #ending = new AbortController();

  constructor({ world, database }: UpdatesOptions) {
    this.#world = world;
    this.#database = database;
  }

  /** Looks for updates a while after the start, daily, and when the lists of packages changed. */
  start(): void {
    this.#plan(limits.updatesFirstMs);
    void this.#watch();
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error('the agent is ending'));
    this.#next();
    for (const stop of this.#stops.splice(0)) stop();
    await this.#looking;
  }

  /** Lists the updates anew; who asks while that is done waits for it. Never rejects. */
  refresh(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#plan(limits.updatesEveryMs);
    });
    return this.#looking;
  }

  async precheck(name: string, version: string, signal: AbortSignal): Promise<string> {
    const tool = await this.#tool();
    const command = tool.precheck({ name, version });
    const result = await this.#run(command, limits.updatesListMs, signal);
    if (!precheckPassed(command, result)) throw new PackageFailure(failureOf(result));
    return result.stdout;
  }

  async apply(name: string, version: string): Promise<string> {
    const tool = await this.#tool();
    const result = await this.#outside(tool.apply({ name, version }), undefined);
    if (result.exitCode !== 0) throw new PackageFailure(failureOf(result));
    return result.stdout;
  }

  async clean(signal: AbortSignal): Promise<void> {
    const tool = await this.#tool();
    const result = await this.#outside(tool.clean, signal);
    if (result.exitCode !== 0) throw new ApiError('INTERNAL_ERROR', failureOf(result));
  }

  async #tool(): Promise<PackageTool> {
    const tool = await findPackageTool(this.#world);
    if (tool === undefined) throw new ApiError('OPERATION_NOT_ALLOWED', 'This host has neither apt nor dnf.');
    return tool;
  }

  /**
   * As a unit of its own: the agent's sandbox forbids it to write to /usr, and an update of the agent itself, which
   * restarts it, must not end the tool half way.
   */
  async #outside(command: readonly [string, ...string[]], signal: AbortSignal | undefined): Promise<ProgramResult> {
    const environment = { DEBIAN_FRONTEND: 'noninteractive' };
    if ((await this.#world.files.status('/run/systemd/system')) === undefined) {
      return this.#run(command, limits.updateApplyMs, signal, environment);
    }
    const settings = Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`);
    const unit = ['--quiet', '--pipe', '--wait', '--collect', '--description=quorate installs an update', ...settings];
    return this.#run(['systemd-run', ...unit, '--', ...command], limits.updateApplyMs, signal);
  }

  async #run(
    [program, ...args]: readonly [string, ...string[]],
    timeoutMs: number,
    signal: AbortSignal | undefined,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ProgramResult> {
    const options = {
      timeoutMs,
      maxOutputBytes: limits.updateOutputBytes,
      environment,
      ...(signal === undefined ? {} : { signal }),
    };
    const result = await tryTool(this.#world, program, args, options);
    signal?.throwIfAborted();
    if (result === undefined) throw new ApiError('INTERNAL_ERROR', `${program} is not installed.`);
    return result;
  }

  async #watch(): Promise<void> {
    const tool = await findPackageTool(this.#world).catch(() => undefined);
    if (tool === undefined || this.#ending.signal.aborted) return;
    for (const path of tool.watched) {
      this.#stops.push(this.#world.files.watch(path, () => this.#plan(limits.updatesSettleMs)));
    }
  }

  #plan(delayMs: number): void {
    this.#next();
    if (!this.#ending.signal.aborted) this.#next = this.#world.clock.after(delayMs, () => void this.refresh());
  }

  async #look(): Promise<void> {
    const { log } = this.#world;
    try {
      const tool = await findPackageTool(this.#world);
      const updates = await tool?.list(this.#world, this.#ending.signal);
      if (tool !== undefined && updates === undefined) throw new Error('the package tool failed');
      if (updates === undefined || this.#ending.signal.aborted) return;
      await this.#database.transaction((tx) => applyUpdates(tx, updates)).durable;
      log.write('info', 'updates-listed', 'Updates of the distribution were looked for.', { count: updates.length });
    } catch (thrown) {
      if (this.#ending.signal.aborted) return;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      log.write('warn', 'updates-unknown', 'Updates of the distribution could not be listed.', { reason });
    }
  }
}

/** A package tool said no; its words are the message. */
class PackageFailure extends Error {
  override readonly name = 'PackageFailure';
}
